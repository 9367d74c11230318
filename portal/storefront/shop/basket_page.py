"""The page of a basket: each line with its price for this reader, the sums, and what ordering would lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from babel import Locale
from markupsafe import Markup, escape

from portal.core import clock
from portal.core.i18n import locale_now
from portal.display.layout import icon
from portal.models import Account, Order, Product, Right, User
from portal.services import credit
from portal.services.accounts import account_rights, account_rules
from portal.services.catalog.resolution import AgreedPrice
from portal.services.ordering import offers, quotes, submission
from portal.services.ordering.quotes import Quote
from portal.services.ordering.submission import SeenPrice
from portal.storefront.shop.basket_changes import Difference
from portal.storefront.shop.basket_input import BasketInput, TypedCustomer, TypedLine
from portal.storefront.shop.customer_choice import CustomerChoice

_NOTHING = Markup()


@dataclass
class Row:
    place: int
    """In the basket as it is stored: what the names of the fields hold."""
    typed: TypedLine
    price: AgreedPrice | None
    """What the reader pays for one licence; None if the quantity has changed since, or it is not sold."""
    problems: dict[str, str]
    """Sentences by field: what was typed wrongly, or why the line cannot be ordered."""
    opens: list[tuple[int, TypedCustomer]] = field(default_factory=list)
    """The new customers whose fields stand below this line."""
    saw: int | None = None
    """The price that the person saw, if it has changed."""
    has_changed: bool = False

    @property
    def field(self) -> str:
        """What the names of its fields begin with."""
        return f"lines-{self.place}"

    @property
    def product(self) -> Product:
        return self.typed.stored.product

    @property
    def volume_from(self) -> int | None:
        """The quantity from which this price holds, if it is a volume price."""
        steps = [start for start, amount in self.price.ladder if amount == self.price.amount] if self.price else []
        return steps[0] if steps and self.price.ladder[0][0] != steps[0] else None

    @property
    def total(self) -> int | None:
        return None if self.price is None else self.price.amount * self.typed.stored.quantity


class BasketPage:
    def __init__(self, order: Order, viewer: User, typed: BasketInput | None = None, *, term: str = ""):
        self.order, self.viewer, self.buyer = order, viewer, viewer.account
        self.typed = typed or BasketInput.of(order)
        self.term = term
        self.choice = CustomerChoice(viewer, len(self.typed.lines), term)
        self.refusal = ""
        """Why nothing was ordered, if that is about the basket as a whole."""
        self.is_overtaken = False
        """Another tab was faster."""
        self.differences: Sequence[Difference] = ()
        self.seen: Sequence[SeenPrice | None] | None = None
        """The prices that the person saw, if they have changed."""

    @cached_property
    def quotes(self) -> list[Quote]:
        return quotes.quotes_of(self.order, clock.today())

    @cached_property
    def rows(self) -> list[Row]:
        by_line = {quote.line.id: (place, quote) for place, quote in enumerate(self.quotes)}
        rows = [self._row(line, *by_line[line.stored.id]) for line in self.typed.lines]
        opened: set[int] = set()
        for row in rows:
            number = row.typed.new_customer
            if number is not None and number not in opened and number < len(self.typed.customers):
                opened.add(number)
                row.opens.append((number, self.typed.customers[number]))
        return rows

    def _row(self, line: TypedLine, place: int, quote: Quote) -> Row:
        price = submission.shown_to(quote, self.buyer, self.viewer)
        is_shown = line.is_as_priced and price.amount is not None and not _is_unsold(quote)
        problems = dict(line.problems)
        if quote.problem is not None and line.is_as_priced:
            problems.setdefault(quote.problem.field, quote.problem.message)
        row = Row(place, line, price if is_shown else None, problems)
        if self.seen is not None:
            saw = self.seen[place]
            row.has_changed = saw != (price.amount, price.currency)
            row.saw = saw[0] if saw is not None and saw[1] == price.currency else None
        return row

    @cached_property
    def remarks(self) -> list[str]:
        """What was refused and has no field."""
        return [sentence for name, sentence in self.typed.problems.items() if name not in ("po_number", "note", "q")]

    @property
    def problems(self) -> dict[str, str]:
        """Of the fields that belong to no line."""
        return self.typed.problems

    def error(self, part: "Row | TypedCustomer | BasketPage", prefix: str, name: str) -> Markup:
        """The sentence beside a field. Macros would cost a page of 300 lines a quarter of its time."""
        if name not in part.problems:
            return _NOTHING
        place = _error_id(prefix, name)
        return Markup('<p class="field__error" id="{}">{}{}</p>').format(place, icon("warning"), part.problems[name])

    def aria(self, part: "Row | TypedCustomer | BasketPage", prefix: str, name: str, hint: str = "") -> Markup:
        """The attributes of a field: whether it is wrong, the id of the sentence, the focus for the first one."""
        is_bad = name in part.problems
        described = " ".join(filter(None, (_error_id(prefix, name) if is_bad else "", hint)))
        attributes = Markup(' aria-invalid="true"') if is_bad else _NOTHING
        if described:
            attributes += Markup(' aria-describedby="{}"').format(described)
        return attributes + Markup(" autofocus") if self._first_bad == (id(part), name) else attributes

    @cached_property
    def _first_bad(self) -> tuple[int, str] | None:
        for row in self.rows:
            for name in ("account", "name", "quantity"):
                if row.problems.get(name):
                    return id(row), name
            for _place, customer in row.opens:
                if customer.problems:
                    return id(customer), next(iter(customer.problems))
        if self.typed.next_customer.problems:
            return id(self.typed.next_customer), "name"
        found = next((name for name in ("po_number", "note") if name in self.typed.problems), None)
        return found and (id(self), found)

    @property
    def has_rows(self) -> bool:
        return bool(self.rows)

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.has_changed]

    @property
    def seen_total(self) -> int | None:
        """None if the prices that were seen are not known."""
        amounts = [row.saw if row.has_changed else row.price and row.price.amount for row in self.rows]
        if None in amounts:
            return None
        return sum(amount * row.typed.stored.quantity for amount, row in zip(amounts, self.rows, strict=True))

    @property
    def licences(self) -> int:
        return sum(row.typed.stored.quantity for row in self.rows)

    @property
    def currency(self) -> str:
        return self.buyer.currency

    @property
    def is_worked_out(self) -> bool:
        """Every line has the price for what was typed."""
        return self.has_rows and all(row.price is not None for row in self.rows)

    @property
    def may_be_ordered(self) -> bool:
        return self.is_worked_out and self.is_linked and not any(row.problems for row in self.rows)

    @property
    def total(self) -> int:
        return sum(row.total or 0 for row in self.rows)

    @property
    def sums(self) -> list[tuple[str, int]]:
        """By the account that will use the licences."""
        sums: dict[str, int] = {}
        names: dict[str, str] = {}
        for row in self.rows:
            names[row.typed.account] = self.choice.name_of(row.typed, self.typed.customers)
            sums[row.typed.account] = sums.get(row.typed.account, 0) + (row.total or 0)
        return [(names[account], amount) for account, amount in sums.items()]

    @property
    def shown(self) -> str:
        """What the form sends back of the shown prices: "EUR 17:1190 18:-"."""
        parts = (f"{row.product.id}:{'-' if row.price is None else row.price.amount}" for row in self.rows)
        return " ".join((self.currency, *parts))

    def options(self, row: Row) -> Markup:
        return self.choice.options(row.typed, self.typed.customers)

    def countries(self, customer: TypedCustomer) -> Markup:
        chosen = f'<option value="{escape(customer.country)}"'
        everything = _countries(locale_now())
        return Markup(everything.replace(chosen, f"{chosen} selected", 1))

    # Who pays, and what ordering leads to. A partner's customer learns nothing of its partner's affairs.

    @property
    def payer(self) -> Account:
        return offers.payer_of(self.buyer)

    @property
    def pays_itself(self) -> bool:
        return self.buyer.pays_itself

    @property
    def country_name(self) -> str:
        return locale_now().territories.get(self.payer.country, self.payer.country)

    @property
    def seller(self) -> Account:
        """Who takes the order in."""
        return self.buyer.parent

    @property
    def is_linked(self) -> bool:
        return self.payer.is_synchronized

    @property
    def may_link(self) -> bool:
        return self.pays_itself and self.viewer.may(Right.SYNCHRONIZE_ACCOUNTS)

    @property
    def may_correct(self) -> bool:
        return account_rights.may_edit(self.payer, self.viewer)

    @property
    def next(self) -> str:
        """`credit`, `staff`, `approval`, `perhaps`, or `at once`."""
        payer = self.payer
        if not self.pays_itself:
            if not payer.asks_approval:
                return "at once"
            return "approval" if payer.approves_up_to is None else "perhaps"
        if credit.missing(payer, self.total):
            return "credit"
        return "at once" if payer.executes_orders else "staff"


def _error_id(prefix: str, name: str) -> str:
    return f"{prefix}-{name}-error" if prefix else f"{name}-error"


@lru_cache(maxsize=50)
def _countries(locale: Locale) -> str:
    choices = [("", "–"), *account_rules.countries(locale)]
    return "".join(f'<option value="{code}">{escape(name)}</option>' for code, name in choices)


def _is_unsold(quote: Quote) -> bool:
    """Not even to the account that pays."""
    return quote.price.amount is None
