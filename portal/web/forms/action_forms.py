"""Forms for actions that may conflict with someone else's: the answer then shows the current state and the reason."""

from collections.abc import Callable
from typing import ClassVar, Self

from flask import request
from werkzeug.datastructures import MultiDict

from portal.core.errors import AttemptOpen, Conflict, DomainError, StaleVersion, Unavailable
from portal.models import Asset, VendorRequest
from portal.web.forms import VersionedForm


class ActForm(VersionedForm):
    """Keeps a refusal that is due to the row's state in `refusal`, so that the view can show the current state."""

    refusal: DomainError | None = None
    was_sent = False
    """The form was sent in an earlier request and is shown again with the result."""

    @classmethod
    def as_typed(cls, vendor_request: VendorRequest, **values) -> Self:
        """Returns the form filled as it was when the vendor request was made."""
        fields = vendor_request.typed.get("form", {})
        form = cls(formdata=MultiDict((name, text) for name, texts in fields.items() for text in texts), **values)
        form.was_sent = True
        return form

    def sent(self) -> dict[str, list[str]]:
        """Returns the submitted values by field, without the CSRF token, so that the form can be shown again."""
        names = {field.short_name for field in self} - {"csrf_token"}
        return {name: texts for name, texts in request.form.lists() if name in names}

    def is_submitted(self) -> bool:
        return self.was_sent or super().is_submitted()

    def carry_out(self, act: Callable, *args, **values) -> bool:
        try:
            return super().carry_out(act, *args, **values)
        except (StaleVersion, AttemptOpen, Conflict, Unavailable) as refusal:
            self.refusal = refusal
            return False


class EditForm(ActForm):
    """Changes fields in place. On a conflict the other person's change is shown beside the input, which can be sent
    again."""

    TYPED: ClassVar[tuple[str, ...]] = ()

    def is_sent_again(self) -> bool:
        """Whether the person carries the input over to the current version. Nothing is saved yet."""
        return self.is_submitted() and "again" in request.form

    def is_to_be_saved(self) -> bool:
        return self.is_submitted() and not self.is_sent_again() and self.validate()

    def over(self, asset: Asset) -> Self:
        """Prepares the form for this asset. Field ids contain the asset's id, as a page may edit several rows."""
        for field in self:
            field.id = f"{field.name}-{asset.id}"
        if self.is_sent_again():
            self.version.data = str(asset.version)
        return self

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and not self.is_sent_again() else 200

    @property
    def typed(self) -> dict[str, str]:
        """The submitted text, even if the asset has changed since."""
        return {name: request.form[name] for name in self.TYPED if name in request.form}
