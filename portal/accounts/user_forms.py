"""The forms of one person."""

from typing import Self

from flask import request
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import ValidationError

from portal.core import spelling
from portal.core.errors import StaleVersion
from portal.core.i18n import lazy as _
from portal.display.wording.account_wording import ROLES
from portal.models import Role, User
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm


class PersonForm(ActForm):
    name = StringField(_("Name"), filters=[strip], validators=[Text(120, empty=_("Enter a name."))])
    email = StringField(
        _("E-mail address"), filters=[strip], validators=[Text(254, empty=_("Enter an e-mail address."))]
    )
    role = SelectField(_("Role"), validate_choice=False)

    @classmethod
    def of(cls, person: User | None = None) -> Self:
        form = cls(data={"role": Role.OPERATOR.value} if person is None else _current_values(person))
        form.role.choices = [(role.value, str(text)) for role, text in ROLES.items()]
        return form

    def validate_role(self, field) -> None:
        if field.data not in {role.value for role in Role}:
            raise ValidationError(_("Choose a role."))

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() else 200

    def values(self) -> dict:
        return {"email": self.email.data, "name": self.name.data, "role": Role(self.role.data)}

    def lay_over(self, person: User) -> None:
        """Takes the current version, so that sending the form again overwrites the other person's change."""
        self.version.data = str(person.version)

    def differences(self, person: User) -> list[tuple[str, str, str]]:
        """After a conflict: returns (label, the user's input, the current value) of each field that differs."""
        if not isinstance(self.refusal, StaleVersion):
            return []
        current = _current_values(person)
        differing = [
            name for name in ("name", "email", "role") if not spelling.is_same(name, current[name], self[name].data)
        ]
        labels = dict(self.role.choices)
        return [
            (
                self[name].label.text,
                labels.get(self[name].data, self[name].data or ""),
                labels.get(current[name], current[name]),
            )
            for name in differing
        ]


class LinkForm(ActForm):
    """Identifies the last link that the page knows, so that sending the same form again makes no second link."""

    seen = HiddenField()

    @classmethod
    def of(cls, person: User) -> Self:
        form = cls(data={"seen": _mark(person)})
        form.seen.id = "link-seen"
        return form

    def is_first_press(self, person: User) -> bool:
        return request.form.get("seen") == _mark(person)


def _current_values(person: User) -> dict[str, str]:
    return {"name": person.name, "email": person.email, "role": person.role.value, "version": str(person.version)}


def _mark(person: User) -> str:
    """Changes whenever a link is made or used."""
    return f"{person.link_expires_at}, {person.signed_in_at}"
