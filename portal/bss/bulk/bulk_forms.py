"""Prepares a bulk operation from a list or a cause, and the form that says what is to happen and starts it."""

from collections.abc import Callable
from typing import Self

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from portal.bss.assets.asset_forms import plain_lines, reason_field
from portal.bss.selection import selection_of
from portal.core.i18n import lazy as _
from portal.models import BulkKind, BulkOperation, BulkOrigin, User
from portal.services import bulk_operations
from portal.services.assets import LONGEST_NAME, LONGEST_NOTE
from portal.services.bulk_operations.bulk_kinds import APPEND, ONE_NAME, PARTS, REPLACE
from portal.services.bulk_operations.bulk_page import Preview
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm


def prepare(kind: BulkKind, submitted: MultiDict, *, by: User) -> BulkOperation:
    """Of the ticked assets, or of all that match the list's filters. Raises Conflict if a filter cannot be read."""
    chosen = selection_of(submitted, by)
    if chosen.filters is None:
        return bulk_operations.prepare_picked(kind, chosen.asset_ids, chosen.address, by=by)
    origin = BulkOrigin.CAUSE if submitted["what"] == "cause" and chosen.filters.cause else BulkOrigin.MATCHING
    return bulk_operations.prepare_matching(kind, chosen.filters, chosen.address, by=by, origin=origin)


def as_typed(value: str | None) -> str:
    """Spaces at an end count."""
    return value or ""


def _needed(mode: str, sentence: str) -> Callable:
    """Validator: the field may be empty only if another way is chosen."""

    def check(form: ActForm, field: StringField) -> None:
        if form.mode.data == mode and not field.data:
            raise StopValidation(sentence)

    return check


class BulkForm(ActForm):
    """The version field holds the number of assets that the preview said would be changed."""

    NAMES: tuple[str, ...] = ()

    @classmethod
    def of(cls, operation: BulkOperation) -> Self:
        return cls(formdata=None, data=operation.choices)

    @property
    def wants_start(self) -> bool:
        return request.form.get("act") == "start"

    def choices(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in self.NAMES}

    def was_previewed(self, operation: BulkOperation) -> bool:
        return operation.cancels or operation.choices == self.choices()

    def over(self, preview: Preview) -> Self:
        """Fits the form to the preview that is shown now."""
        self.version.data = str(preview.possible.count)
        return self

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "by": by, "choices": self.choices()}

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422


class CancelForm(BulkForm):
    NAMES = ("reason",)

    reason = reason_field()


class AnnotateForm(BulkForm):
    NAMES = ("mode", "text")

    mode = SelectField(
        _("How"),
        default=APPEND,
        choices=[
            SelectChoice(APPEND, _("Add it below the note that is there")),
            SelectChoice(REPLACE, _("Replace the note that is there")),
        ],
    )
    text = TextAreaField(
        _("Note for colleagues"), filters=[plain_lines], validators=[Text(LONGEST_NOTE, empty=_("Enter a note."))]
    )


class RenameForm(BulkForm):
    """Only the fields of the chosen way count."""

    NAMES = ("mode", "text", "find", "put")

    mode = SelectField(
        _("How"),
        default=ONE_NAME,
        choices=[
            SelectChoice(ONE_NAME, _("Give all of them one name")),
            SelectChoice(PARTS, _("Replace a part of each name")),
        ],
    )
    text = StringField(
        _("Name for all of them"),
        filters=[one_line],
        validators=[_needed(ONE_NAME, _("Enter a name.")), Text(LONGEST_NAME)],
    )
    find = StringField(
        _("Part to find"),
        filters=[as_typed],
        validators=[_needed(PARTS, _("Enter the part that is to be replaced.")), Text(LONGEST_NAME)],
    )
    put = StringField(_("Replace it with"), filters=[as_typed], validators=[Text(LONGEST_NAME)])

    def choices(self) -> dict[str, str]:
        names = ("mode", "text") if self.mode.data == ONE_NAME else ("mode", "find", "put")
        return {name: self[name].data or "" for name in names}


class CheckForm(BulkForm):
    """Nothing is to be chosen."""


_FORMS = {
    BulkKind.CANCEL: CancelForm,
    BulkKind.ANNOTATE: AnnotateForm,
    BulkKind.RENAME: RenameForm,
    BulkKind.CHECK: CheckForm,
}


def form_of(operation: BulkOperation, *, is_sent: bool = False) -> BulkForm:
    """As it was sent, or filled with what was chosen so far."""
    form = _FORMS[operation.kind]
    return form() if is_sent else form.of(operation)
