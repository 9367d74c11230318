"""Acts that somebody else may have been faster with: the answer is the fresh state, and a sentence about it."""

from collections.abc import Callable
from typing import ClassVar, Self

from flask import request
from werkzeug.datastructures import MultiDict

from portal.core.errors import AttemptOpen, Conflict, DomainError, StaleVersion, Unavailable
from portal.models import Asset, VendorRequest
from portal.web.forms import VersionedForm


class ActForm(VersionedForm):
    """Keeps what the state did not allow in `refusal`, so that the view can show the fresh state beside it."""

    refusal: DomainError | None = None
    was_sent = False
    """In an earlier request, and it is shown once more with what became of it."""

    @classmethod
    def as_typed(cls, asked: VendorRequest, **values) -> Self:
        """Filled as it was when BitTitan was asked."""
        typed = asked.typed.get("form", {})
        form = cls(formdata=MultiDict((name, each) for name, sent in typed.items() for each in sent), **values)
        form.was_sent = True
        return form

    def sent(self) -> dict[str, list[str]]:
        """As it came, to be shown once more."""
        names = {field.short_name for field in self} - {"csrf_token"}
        return {name: sent for name, sent in request.form.lists() if name in names}

    def is_submitted(self) -> bool:
        return self.was_sent or super().is_submitted()

    def carry_out(self, act: Callable, *args, **values) -> bool:
        try:
            return super().carry_out(act, *args, **values)
        except (StaleVersion, AttemptOpen, Conflict, Unavailable) as refusal:
            self.refusal = refusal
            return False


class EditForm(ActForm):
    """Changes fields in place. Who was faster is shown beside what was typed, which can be sent again."""

    TYPED: ClassVar[tuple[str, ...]] = ()

    def is_sent_again(self) -> bool:
        """Not to be saved yet: the same words once more, now over the fresh version."""
        return self.is_submitted() and "again" in request.form

    def is_to_be_saved(self) -> bool:
        return self.is_submitted() and not self.is_sent_again() and self.validate()

    def over(self, asset: Asset) -> Self:
        """Several rows may be edited at once."""
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
        """As it came, whatever the asset has become meanwhile."""
        return {name: request.form[name] for name in self.TYPED if name in request.form}
