"""The form of an order with many lines: account, sheet, and what happens then."""

import uuid
from collections.abc import Callable
from typing import Self

from flask import request
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import UUID, ValidationError

from portal.bss.assets.asset_forms import plain_lines
from portal.bss.ordering.draft_sheet import DraftSheet
from portal.bss.ordering.order_acts_forms import DecisionFields
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Account, Order, User
from portal.services.accounts import account_list
from portal.services.ordering import drafts
from portal.services.ordering.drafts import DraftInput
from portal.web.forms import Text, one_line, strip
from portal.web.forms.action_forms import ActForm

ACTS = ("draft", "submit", "execute")
"""The buttons that write; all others only show the sheet again."""


class AgainForm(ActForm):
    key = HiddenField(validators=[UUID()])
    """Made with the page, so that two presses make one draft."""


class DraftForm(DecisionFields, ActForm):
    key = HiddenField(validators=[UUID()])
    """Made with the empty form, so that a form that is sent twice makes one draft."""
    account = StringField(
        lazy("Account"), filters=[strip], validators=[Text(200, empty=lazy("Enter the account’s name or code."))]
    )
    po_number = StringField(
        lazy("Purchase order number"), filters=[one_line], validators=[Text(drafts.LONGEST_PO_NUMBER)]
    )
    staff_note = TextAreaField(
        lazy("Note for colleagues"), filters=[plain_lines], validators=[Text(drafts.LONGEST_NOTE)]
    )

    sheet: DraftSheet | None = None
    buyer: Account | None = None
    order: Order | None = None

    @classmethod
    def new(cls, viewer: User, account_id: int | None) -> Self:
        """`account_id`: a link names it."""
        form = cls(data={"key": str(uuid.uuid4())})
        named = form.account.data if form.is_submitted() else None
        form.buyer = _buyer(viewer, named, account_id if not form.is_submitted() else None)
        if form.buyer is not None:
            form.account.data = form.buyer.code
            form.sheet = DraftSheet.typed(viewer, form.buyer, request.form)
        return form

    @classmethod
    def of(cls, viewer: User, order: Order) -> Self:
        kept = {"po_number": order.po_number, "staff_note": order.staff_note, "account": order.account.code}
        form = cls(data=kept | {"key": order.key, "version": str(order.version)})
        form.order, form.buyer = order, order.account
        form.account.data = order.account.code
        is_typed = form.is_submitted()
        form.sheet = DraftSheet.typed(viewer, order.account, request.form) if is_typed else DraftSheet.of(viewer, order)
        return form

    @property
    def act(self) -> str:
        return request.form.get("act", "")

    def prepare(self) -> bool:
        """Whether a button that writes was pressed and nothing is in its way. Else the sheet is shown again."""
        is_valid = not self.is_submitted() or self.validate()
        if self.sheet is None:
            return False
        if self.is_submitted() and self.order is not None:
            self.carry_out(drafts.check_draft, self.order, self.seen_version())
        sheet, act = self.sheet, self.act
        self._change_rows()
        could_be_read = not sheet.has_errors
        sheet.work_out()
        had_seen = all(sheet.seen)
        sheet.note_seen()
        if act == "draft":
            return is_valid and could_be_read and self.refusal is None
        is_ready = is_valid and had_seen and self.refusal is None
        return act in ACTS and is_ready and self._may_be_ordered()

    def _change_rows(self) -> None:
        sheet, act, pasted = self.sheet, self.act, request.form.get("pasted", "")
        if act == "paste":
            sheet.paste(pasted)
            return
        sheet.keep_pasted(pasted, is_written=act in ACTS)
        if act == "more":
            sheet.blank += len(sheet.rows) and 5
        elif act.startswith("remove-"):
            sheet.remove(act.removeprefix("remove-"))

    def _may_be_ordered(self) -> bool:
        if not self.sheet.rows:
            self.sheet.error = _("There is nothing to order yet. Add a product first.")
        if self.act == "execute" and self.sheet.over and not self.over_limit_reason.data:
            self.over_limit_reason.errors = [_("Say why this order may go over the credit limit.")]
            self._mark_first_bad()
            return False
        return not self.sheet.has_errors and not self.sheet.changed

    @property
    def is_first_look(self) -> bool:
        """A button was pressed before all prices were shown."""
        return self.act in ("submit", "execute") and not self.errors and self.sheet is not None and not (
            self.sheet.has_errors or self.sheet.changed
        )  # fmt: skip

    def draft(self) -> DraftInput:
        note = self.order.note if self.order is not None else ""
        return DraftInput(
            self.sheet.lines, po_number=self.po_number.data or "", note=note, staff_note=self.staff_note.data or ""
        )

    def carry_out(self, act: Callable, *args, **values) -> bool:
        try:
            return super().carry_out(act, *args, **values)
        except InvalidInput as wrong:
            if self.sheet.refuse(wrong.field, wrong.message):
                return False
            raise

    def validate_account(self, field) -> None:
        if self.buyer is None or self.buyer.is_distributor:
            raise ValidationError(_("No account has that name or code, or several have it."))

    @property
    def status(self) -> int:
        if self.refusal or (self.sheet is not None and self.sheet.changed):
            return 409
        has_errors = self.errors or (self.sheet is not None and self.sheet.has_errors)
        return 422 if self.is_submitted() and has_errors else 200


def _buyer(viewer: User, text: str | None, account_id: int | None) -> Account | None:
    if account_id is not None:
        return account_list.by_id(viewer, account_id)
    found = account_list.named(viewer, text, 2) if text else []
    return found[0] if len(found) == 1 and not found[0].is_distributor else None
