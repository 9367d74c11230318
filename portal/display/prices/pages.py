"""The pages of price lists. Each area has the routes, and its own name for them; what they do is the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask_login import current_user

from portal.core import access, clock
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.display.prices import line_imports, price_question
from portal.display.prices.price_list_form import AssignForm, EndForm, PriceListForm
from portal.display.prices.price_list_list import STATES, PriceLists
from portal.display.prices.price_question import PriceQuestion
from portal.display.prices.price_sheet import PriceSheet
from portal.models import PriceList, Product
from portal.services import catalog
from portal.services.catalog import price_lists
from portal.web.forms.action_forms import ActForm
from portal.web.pages.pagination import Paged, render_list
from portal.web.urls import url_for


def _products() -> list[Product]:
    return catalog.visible_products(current_user)


def _status(form: ActForm) -> int:
    """200 if what was typed was only checked."""
    return 422 if form.errors or form.refusal else 200


@dataclass(frozen=True)
class PriceListPages:
    endpoint: str
    """Of the blueprint, such as `bss.price_lists`."""

    def url(self, name: str, **values: Any) -> str:
        return url_for(f"{self.endpoint}.{name}", **values)

    def list_address(self, args) -> str:
        return Paged(args, path=self.url("index"), names=("q", "state")).href({})

    def index(self):
        return self._index(request.args)

    def search(self):
        address = self.list_address
        return list_search.answer(current_user, request.form, address_of=address, show=self._index)

    def _index(self, args):
        shown = PriceLists(current_user, args, path=self.url("index"))
        return render_list("prices/index.html", shown, area=self, state_words=STATES)

    def new(self):
        form = PriceListForm.of(current_user)
        if form.validate_on_submit() and form.carry_out(price_lists.create, details=form.details(), by=current_user):
            flash(_("The draft is saved. Add prices and accounts, then put it in use."), "positive")
            return self._to(form.result.id)
        return render_template("prices/new.html", form=form, area=self), form.status

    def edit(self, list_id: int):
        if request.method == "POST":
            return self._save(list_id)
        price_list = price_lists.price_list(current_user, list_id)
        if request.args.get("format") == "csv":
            return line_imports.as_csv(price_list)
        return self._page(price_list, PriceListForm.of(current_user, price_list), self._sheet(price_list))

    def imports(self, list_id: int):
        price_list = price_lists.price_list(current_user, list_id)
        form = ActForm()
        if not form.carry_out(price_lists.check_editable, price_list, by=current_user):
            return self._refused(list_id, form)
        return line_imports.answer(self, price_list)

    def _save(self, list_id: int):
        """Saves a list before its first day; or only works its prices out, takes pasted rows in, or puts it in use."""
        price_list = price_lists.price_list(current_user, list_id)
        form = PriceListForm.of(current_user, price_list)
        if not form.carry_out(price_lists.check_editable, price_list, by=current_user):
            return self._refused(list_id, form)
        sheet, act = PriceSheet.typed(price_list, _products(), request.form), request.form.get("act", "save")
        if pasted := request.form.get("pasted", "").strip():  # whatever was pressed: what is saved was seen before
            sheet.paste(pasted)
        is_good = form.validate() and not sheet.has_errors
        if act not in ("save", "use") or pasted or not is_good:
            return self._page(price_list, form, sheet), 200 if is_good else 422
        if not self._saved(price_list, form, sheet):
            return self._not_saved(price_lists.price_list(current_user, list_id), form, sheet)
        if act == "use":
            return self._used(list_id, price_list.version)
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
        return self._to(list_id)

    def _not_saved(self, price_list: PriceList, form: PriceListForm, sheet: PriceSheet):
        """With what was typed; if somebody else was faster, with both values."""
        if not price_list.is_editable_on(clock.today()):
            return self._refused(price_list.id, form)
        differences = []
        if isinstance(form.refusal, StaleVersion):
            differences = form.differences(price_list) + sheet.differences(self._sheet(price_list))
        page = self._page(price_list, form, sheet, differences=differences)
        return page, 409 if form.refusal is not None else 422

    def copy(self, list_id: int):
        form = ActForm()
        if form.carry_out(price_lists.copy, price_lists.price_list(current_user, list_id), by=current_user):
            flash(_("A draft with the same prices and accounts was made. Look at its first day."), "positive")
            return self._to(form.result.id)
        return self._refused(list_id, form)

    def end(self, list_id: int):
        price_list = price_lists.price_list(current_user, list_id)
        form = EndForm()
        if form.validate_on_submit() and request.form.get("act") == "end":
            try:
                ended = form.carry_out(price_lists.end, price_list, last_day=form.last_day.data, by=current_user)
            except InvalidInput as refusal:
                form.refusal, ended = refusal, False
            if ended:
                flash(_("%(name)s ends on that day.", name=price_list.name), "positive")
                return self._to(list_id)
        page = self._page(price_lists.price_list(current_user, list_id), ending=form)
        return page, 409 if isinstance(form.refusal, Conflict) else _status(form)

    def discard(self, list_id: int):
        price_list = price_lists.price_list(current_user, list_id)
        form = ActForm(data={"version": price_list.version})
        if not form.carry_out(price_lists.check_editable, price_list, by=current_user):
            return self._refused(list_id, form)
        if price_list.used_at is not None and request.form.get("act") != "remove":
            return self._removing(price_list, form)
        if form.carry_out(price_lists.discard, price_list, version=form.seen_version(), by=current_user):
            flash(_("%(name)s is removed.", name=price_list.name), "positive")
            return redirect(self.url("index"), code=303)
        form.version.data = str(price_list.version)
        return self._removing(price_list, form), 409

    def _removing(self, price_list: PriceList, form: ActForm) -> str:
        return render_template("prices/remove.html", price_list=price_list, form=form, area=self)

    def assign(self, list_id: int):
        price_list = price_lists.price_list(current_user, list_id)
        form = AssignForm()
        account = form.found(current_user) if form.validate_on_submit() else None
        is_sure = account is not None and request.form.get("act") == "assign"
        if is_sure and form.carry_out(price_lists.assign, price_list, account, by=current_user):
            flash(_("%(name)s is assigned.", name=account.name), "positive")
            return self._to(list_id)
        page = self._page(price_lists.price_list(current_user, list_id), assigning=form)
        return page, 409 if form.refusal else _status(form)

    def unassign(self, list_id: int, account_id: int):
        account = access.visible_account(current_user, account_id)
        price_list = price_lists.price_list(current_user, list_id)
        price_lists.unassign(price_list, account, by=current_user)
        flash(_("%(name)s is no longer assigned.", name=account.name), "positive")
        return self._to(list_id)

    def why(self):
        if request.method == "POST":
            return self._ask()
        products = _products()
        answer = price_question.answered(current_user, request.args, products)
        return self._why(PriceQuestion.about(products, answer), answer)

    def _ask(self):
        form = PriceQuestion.about(_products())
        address = form.address(current_user)
        return self._why(form, None, 422) if address is None else redirect(self.url("why", **address), code=303)

    def _why(self, form: PriceQuestion, answer: price_question.Answer | None, status: int = 200):
        return render_template("prices/why.html", form=form, answer=answer, area=self, state_words=STATES), status

    def _saved(self, price_list: PriceList, form: PriceListForm, sheet: PriceSheet) -> bool:
        values = {"version": form.seen_version(), "details": form.details(), "lines": sheet.lines, "by": current_user}
        try:
            return form.carry_out(price_lists.save, price_list, **values)
        except InvalidInput as refusal:  # about a line, which is no field of the form
            if not sheet.refuse(refusal.field, refusal.message):
                form.refusal = refusal
            return False

    def _used(self, list_id: int, version: int):
        fresh = price_lists.price_list(current_user, list_id)
        form = ActForm()
        if form.carry_out(price_lists.put_in_use, fresh, version=version, by=current_user):
            flash(self._used_words(fresh), "positive")
            return self._to(list_id)
        return self._refused(list_id, form)

    @staticmethod
    def _used_words(row: PriceList) -> str:
        if row.valid_from > clock.today():
            return _("%(name)s holds from its first day on.", name=row.name)
        return _("%(name)s is in use. What was ordered before keeps its price.", name=row.name)

    def _refused(self, list_id: int, form: ActForm):
        flash(form.refusal.message, "caution")
        return self._to(list_id)

    def _to(self, list_id: int):
        return redirect(self.url("edit", list_id=list_id), code=303)

    @staticmethod
    def _sheet(price_list: PriceList) -> PriceSheet:
        return PriceSheet.of(price_list, _products())

    def _page(
        self, price_list: PriceList, form: PriceListForm | None = None, sheet: PriceSheet | None = None,
        assigning: AssignForm | None = None, ending: EndForm | None = None, differences: Sequence = (),
    ) -> str:  # fmt: skip
        return render_template(
            "prices/show.html",
            area=self,
            price_list=price_list,
            state=price_list.state_on(clock.today()),
            state_words=STATES,
            is_own=price_list.seller_id == current_user.account_id,
            form=form or PriceListForm.of(current_user, price_list),
            sheet=sheet or self._sheet(price_list),
            accounts=price_lists.assigned(price_list),
            assigning=assigning or AssignForm(formdata=None),
            differences=differences,
            ending=ending or EndForm(formdata=None, data={"last_day": clock.today()}),
        )
