"""The forms on the page of a text."""

from typing import TYPE_CHECKING, Self

from flask import request
from markupsafe import Markup
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.bss.mail_texts import fault_words
from portal.core.i18n import gettext
from portal.core.i18n import lazy as _
from portal.models import User
from portal.models.asset_rules import asset_id_of
from portal.services.mail.texts import checking, versions
from portal.services.mail.texts.built_in import Texts
from portal.services.mail.texts.checking import Fault
from portal.services.mail.texts.previews import Values
from portal.web.forms import one_line
from portal.web.forms.action_forms import ActForm

if TYPE_CHECKING:
    from portal.bss.mail_texts.mail_text_page import TextPage


class MailTextForm(ActForm):
    subject = StringField(_("Subject"))
    text = TextAreaField(_("Text"))
    asset = StringField(_("Asset for the preview"), filters=[one_line])

    page: "TextPage"
    faults: list[Fault]

    @classmethod
    def over(cls, page: "TextPage", texts: Texts | None = None) -> Self:
        """`texts`: what it begins with, in place of those in use."""
        texts = texts or page.in_use
        is_others = (request.endpoint or "").endswith(".reset")
        data = {"subject": texts.subject, "text": texts.text}
        form = cls(formdata=None, data=data) if is_others else cls(data=data)
        form.page, form.seen = page, form.seen_version()
        form.faults = [] if form.is_typed else checking.faults(page.event, form.texts)
        if form.is_typed or form.seen < 0:  # after signing in again, the version that was seen before comes back
            form.version.data = str(page.number)
        return form

    @property
    def is_typed(self) -> bool:
        return request.method == "POST" and self.version.raw_data is not None

    def show_over(self, page: "TextPage") -> None:
        """With what is there now."""
        self.page, self.version.data = page, str(page.number)

    @property
    def texts(self) -> Texts:
        return checking.typed(self.subject.data or "", self.text.data or "")

    def is_right(self) -> bool:
        """Whether it could be saved. A Return in a field only checks, the version too."""
        if not self.validate_on_submit():
            return False
        if self.seen != self.page.number:
            self.refusal = versions.moved()
        self.faults = checking.faults(self.page.event, self.texts)
        for fault in reversed(self.faults):  # beside each field its first; the page names all
            self[fault.part].errors = [Markup("<span>{}</span>").format(fault_words.in_a_line(fault, self.page.fields))]
        self._mark_first_bad()
        return not (self.refusal or self.faults)

    def values_shown(self, viewer: User) -> Values:
        """Those of the preview. Marks the number of an asset that does not exist; saving does not depend on it."""
        number = self.asset.data if self.page.has_asset else None
        values = self.page.values(viewer, (asset_id_of(number) or 0) if number else None)
        if number and values.asset is None:
            sentence = gettext("There is no asset with this number. Leave it empty to see the newest one.")
            self.asset.errors = [sentence]
            self._mark_first_bad()
        return values

    def is_to_be_saved(self) -> bool:
        return self.is_right() and request.form.get("act") == "save"

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200

    def values(self, by: User) -> dict:
        return {"texts": self.texts, "version": self.seen, "by": by}


class ResetForm(ActForm):
    is_sure = BooleanField(
        _("Put the own text aside; it stays in the history"),
        validators=[InputRequired(_("Tick this first."))],
    )
