"""What the form of a basket does: works it out, or orders it."""

import re
from collections.abc import Sequence

from flask import flash, redirect, render_template
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.errors import Conflict, InvalidInput, NotVisible, PriceChanged, StaleVersion
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Order, User
from portal.services import pasted_codes
from portal.services.ordering import drafts, submission
from portal.services.ordering.submission import SeenPrice
from portal.storefront.shop import basket_changes
from portal.storefront.shop.basket_input import BasketInput
from portal.storefront.shop.basket_page import BasketPage
from portal.web.urls import url_for

ORDER = "order"
LONGEST_TERM = 100
_SHOWN = re.compile(r"[A-Z]{3}(?: [0-9]{1,10}:(?:-|[0-9]{1,15}))+")
Answer = Response | tuple[str, int]


def show(viewer: User, args: MultiDict, typed: MultiDict | None = None) -> Answer:
    """`typed`: in this form when the session expired."""
    order = drafts.basket_of(viewer)
    term = args.get("q", "")[:LONGEST_TERM].replace("\0", "")
    if order is None or typed is None:
        return answer(order and BasketPage(order, viewer, term=term))
    return answer(BasketPage(order, viewer, BasketInput.typed(order, typed), term=term))


def answer(page: BasketPage | None, status: int = 200) -> Answer:
    lines = 0 if page is None else len(page.order.lines)
    return render_template("storefront/shop/basket.html", page=page, in_basket=lines), status


def to_order(order: Order) -> Response:
    return redirect(url_for("storefront.orders.show", order_id=order.id), code=303)


def to_basket(term: str = "") -> Response:
    return redirect(url_for("storefront.basket.show", q=term or None), code=303)


class BasketForm:
    """One sent form."""

    def __init__(self, viewer: User, form: MultiDict):
        self.viewer, self.form = viewer, form
        self.version = row_id(form.get("version", "")) or -1
        self.orders = form.get("act") == ORDER
        self.products, self.seen = _shown(form.get("shown", ""))

    def answer(self) -> Answer:
        order = self._current()
        if not isinstance(order, Order):
            return order
        typed = BasketInput.typed(order, self.form)
        kept = typed.without(self.form.get("remove", ""))
        if not kept.check() or not self._is_term(kept):
            return self._page(order, typed, 422)
        if self.orders and kept.is_as_priced(order):
            return self._order(order, kept)
        return self._work_out(order, typed, kept)

    def _current(self) -> Order | Response:
        """The basket of the form; if it is not there any more, the way to what became of it."""
        order, order_id = drafts.basket_of(self.viewer), row_id(self.form.get("order", ""))
        if order is not None and order_id == order.id:
            return order
        try:
            return to_order(access.visible_order(self.viewer, order_id or 0))
        except NotVisible:
            flash(_("This basket is not there any more. Nothing was ordered."), "caution")
            return to_basket()

    def _work_out(self, order: Order, typed: BasketInput, kept: BasketInput) -> Answer:
        is_other = kept.differs_from(order)
        try:
            if is_other:
                drafts.save(order, kept.draft(), version=self.version, by=self.viewer)
            else:
                drafts.check_draft(order, self.version)
        except InvalidInput as refusal:
            kept.refuse(refusal.field, refusal.message)
            return self._page(order, typed, 422)
        except (StaleVersion, Conflict):
            return self._overtaken()
        if not kept.check_lookalikes(self.viewer):
            return self._refused(kept)
        return self._worked_out(is_other)

    def _worked_out(self, is_other: bool) -> Response:
        term = self._term()
        if self.orders:
            flash(_("Nothing was ordered: the number of licences has changed. Look at the sum, then order."), "caution")
        elif not term:
            flash(_("Recalculated.") if is_other else _("Nothing was changed."), "message")
        return to_basket(term)

    def _order(self, order: Order, kept: BasketInput) -> Answer:
        """What was typed besides quantities is saved first. Without differences the basket is what the person saw,
        whatever became of its version."""
        seen, is_saved = self._seen(order), False
        try:
            if kept.differs_from(order):
                order = drafts.save(order, kept.draft(), version=self.version, by=self.viewer)
            is_saved = True
            return to_order(submission.submit(order, version=order.version, seen=seen, by=self.viewer))
        except InvalidInput as refusal:
            kept.refuse(refusal.field, refusal.message)
            return self._refused(kept) if is_saved else self._page(order, kept, 422)
        except PriceChanged:
            return self._anew(409, seen=True)
        except StaleVersion:
            return self._overtaken()
        except Conflict as refusal:
            return self._anew(409, refusal=refusal.message)

    def _overtaken(self) -> Answer:
        """Another tab, or the same form sent twice, was faster: orders what both hold, or shows both."""
        order = self._current()
        if not isinstance(order, Order):
            return order
        typed = BasketInput.typed(order, self.form)
        is_same = self._is_about(order) and not typed.differs_from(order)
        if self.orders and is_same and typed.check():
            return self._order(order, typed)
        page = BasketPage(order, self.viewer)
        page.differences = basket_changes.differences(order, self.form, self.products, self.viewer)
        page.is_overtaken = True
        return answer(page, 409)

    def _refused(self, kept: BasketInput) -> Answer:
        """After the basket was saved as typed."""
        order = self._current()
        if not isinstance(order, Order):
            return order
        return self._page(order, BasketInput.of(order).refused_like(kept), 422)

    def _anew(self, status: int, *, seen: bool = False, refusal: str = "") -> Answer:
        order = self._current()
        if not isinstance(order, Order):
            return order
        page = BasketPage(order, self.viewer)
        page.seen = self._seen(order) if seen else None
        page.refusal = refusal
        return answer(page, status)

    def _page(self, order: Order, typed: BasketInput, status: int) -> Answer:
        return answer(BasketPage(order, self.viewer, typed, term=self._term()), status)

    def _is_about(self, order: Order) -> bool:
        return self.products == [line.product_id for line in order.lines]

    def _seen(self, order: Order) -> Sequence[SeenPrice | None]:
        return self.seen if self._is_about(order) else [None] * len(order.lines)

    def _is_term(self, kept: BasketInput) -> bool:
        if len(self.form.get("q", "")) > LONGEST_TERM:
            kept.problems["q"] = _("Search for at most %(most)s characters.", most=LONGEST_TERM)
        return kept.is_good

    def _term(self) -> str:
        """Of the search for a customer. A code stays out of the address."""
        term = self.form.get("q", "").replace("\0", "").strip()
        found = pasted_codes.look_up(self.viewer, term) if term else None
        if found is None:
            return term
        flash(found.sentence, "caution")
        return ""


def _shown(text: str) -> tuple[list[int], list[SeenPrice | None]]:
    """The products and the prices that the person saw."""
    if not _SHOWN.fullmatch(text):
        return [], []
    currency, *parts = text.split(" ")
    pairs = [part.split(":") for part in parts]
    seen = [None if amount == "-" else (int(amount), currency) for _product, amount in pairs]
    return [int(product) for product, _amount in pairs], seen
