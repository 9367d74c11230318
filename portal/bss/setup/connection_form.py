"""The form of BitTitan's server and sign-in. The password is never shown again, not even to the person who typed it."""

from typing import Self

from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import ValidationError

from portal.bss.setup.trial_wording import kinds
from portal.config import BitTitanSettings
from portal.core.errors import NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.list_address import row_id
from portal.models import RequestKind, User, VendorRequest
from portal.services import vendor_requests, vendor_settings
from portal.services.connection import changes
from portal.services.connection.changes import Typed
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm

KINDS = frozenset({RequestKind.TEST_CONNECTION, RequestKind.SAVE_CONNECTION})


class ConnectionForm(ActForm):
    url = StringField(lazy("Address"), filters=[strip], validators=[Text(200, empty=lazy("Enter an address."))])
    email = StringField(
        lazy("E-mail address"), filters=[strip], validators=[Text(254, empty=lazy("Enter an e-mail address."))]
    )
    password = PasswordField(lazy("Password"), validators=[Text(200)])
    server = SelectField(lazy("Kind of server"), validate_choice=False)
    is_confirmed = BooleanField(lazy("Change the server, though purchases there are not settled"))
    tried = HiddenField()
    """The request whose password is used again if none is typed."""

    @classmethod
    def of(cls, server: BitTitanSettings, version: int, vendor_request: VendorRequest | None = None) -> Self:
        values = {"url": server.url, "email": server.email, "server": server.server, "version": str(version)}
        form = cls.as_typed(vendor_request, data=values) if vendor_request else cls(data=values)
        for name in ("url", "email", "password", "server"):
            if not vendor_settings.may_set(name):
                del form[name]
        if "server" in form:
            form.server.choices = list(kinds().items())
        if vendor_request is not None and vendor_request.typed["values"]["password"]:
            form.tried.data = str(vendor_request.id)
        return form

    def validate_server(self, field) -> None:
        if field.data not in kinds():
            raise ValidationError(_("Choose one of these kinds."))

    def sent(self) -> dict[str, list[str]]:
        return {name: texts for name, texts in super().sent().items() if name not in ("password", "tried")}

    def typed(self, server: BitTitanSettings, viewer: User) -> Typed:
        """`server` has the values that cannot be set here."""
        names = ("url", "email", "server")
        values = {name: self[name].data if name in self else getattr(server, name) for name in names}
        return Typed(**values, password=self._password(viewer))

    def ask_password_again(self) -> None:
        """A page never holds it. Without this, an empty field would silently keep the one before."""
        if "password" in self and self.password.data:
            self.password.errors = [*self.password.errors, _("Enter it again: it is not shown on a page.")]
            self._mark_first_bad()

    def carry_over(self, version: int) -> None:
        """Somebody else saved meanwhile: what was typed may be sent again, now knowing that."""
        if isinstance(self.refusal, StaleVersion):
            self.version.data = str(version)

    def differences(self, server: BitTitanSettings) -> list[tuple[str, str, str]]:
        if not isinstance(self.refusal, StaleVersion):
            return []
        pairs = [(self[name], getattr(server, name)) for name in ("url", "email", "server") if name in self]
        return [(field.label.text, field.data, now) for field, now in pairs if field.data != now]

    def _password(self, viewer: User) -> str | None:
        """Sealed at once: it is on its way to the worker through the database."""
        if "password" not in self:
            return None
        return changes.seal_typed(self.password.data) if self.password.data else self._password_tried(viewer)

    def _password_tried(self, viewer: User) -> str | None:
        """What this person typed for a test of the same address, within the last hour. Empty if it is not kept any
        more: it cannot be unsealed, so the person is asked for it, and the stored one is not used in its place."""
        if not self.tried.data:
            return None
        try:
            values = vendor_requests.own_request(viewer, row_id(self.tried.data) or 0, KINDS).typed["values"]
        except NotVisible:
            return ""
        return values["password"] if "url" not in self or values["url"] == self.url.data else None
