"""The forms of one account."""

from typing import Any, Self

from flask import request
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.core import money, spelling
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.display.lists.list_address import is_row_id
from portal.display.wording.account_wording import DELIVERIES, KINDS, LANGUAGES, RHYTHMS, currency_name, language_name
from portal.models import Account, AccountKind, TaxCode, User, VendorRequest
from portal.models.text_keys import collation_key
from portal.services.accounts import account_list, account_rights, account_rules
from portal.services.tax import tax_codes
from portal.web.forms import LongSelect, Text, one_line, strip
from portal.web.forms.action_forms import ActForm

_CHOSEN = (AccountKind.CUSTOMER, AccountKind.PARTNER)
_EMAIL = {"filters": [strip], "validators": [Text(254)]}


class AccountForm(ActForm):
    """The form of an account. `of` removes the fields that the viewer may not set."""

    name = StringField(lazy("Name"), filters=[strip], validators=[Text(200, empty=lazy("Enter a name."))])
    code = StringField(lazy("Code"), filters=[strip], validators=[Text(40)])
    kind = SelectField(lazy("Type"), validate_choice=False)
    parent = SelectField(lazy("Belongs to"), validate_choice=False)
    bittitan_email = StringField(lazy("BitTitan e-mail"), **_EMAIL)
    contact_email = StringField(lazy("Contact e-mail"), **_EMAIL)
    billing_email = StringField(lazy("Billing e-mail"), **_EMAIL)
    country = SelectField(lazy("Country"), validate_choice=False, widget=LongSelect())
    language = SelectField(lazy("Language"), validate_choice=False)
    address = TextAreaField(lazy("Street"), filters=[strip], validators=[Text(500)])
    postcode = StringField(lazy("Postcode"), filters=[one_line], validators=[Text(20)])
    city = StringField(lazy("Town"), filters=[one_line], validators=[Text(100)])
    vat_number = StringField(lazy("VAT number"), filters=[strip], validators=[Text(40)])
    currency = SelectField(lazy("Currency"), validate_choice=False, widget=LongSelect())
    print_name = StringField(lazy("Name on invoices"), filters=[one_line], validators=[Text(200)])
    tax_code = SelectField(lazy("Tax code"), validate_choice=False)
    buyer_reference = StringField(lazy("Buyer reference or Leitweg-ID"), filters=[one_line], validators=[Text(100)])
    electronic_address = StringField(lazy("Electronic address"), filters=[strip], validators=[Text(120)])
    invoice_rhythm = SelectField(lazy("Invoices"), validate_choice=False)
    invoice_delivery = SelectField(lazy("Delivery of invoices"), validate_choice=False)
    why = StringField(lazy("Reason"), filters=[strip], validators=[Text(500)])
    """Of a move, asked for in its preview."""
    credit_limit = StringField(lazy("Credit limit"), filters=[strip], validators=[Text(40)])
    is_another = BooleanField(lazy("It is another account: create it anyway"))
    """Only for a new account that looks like one that is there."""

    @classmethod
    def of(
        cls,
        viewer: User,
        account: Account | None = None,
        *,
        under: str | None = None,
        kind: str | None = None,
        vendor_request: VendorRequest | None = None,
    ) -> Self:
        """`under` and `kind`: what a link to the form of a new account has chosen already."""
        values = _current_values(account, viewer, under, kind)
        form = cls.as_typed(vendor_request, data=values) if vendor_request else cls(data=values)
        for name in _fields_not_for(viewer, account):
            del form[name]
        if account is not None:
            del form.is_another
        if account is None or "parent" not in form:
            del form.why
        form._offer(viewer, account)
        return form

    def validate_kind(self, field) -> None:
        if field.data not in {kind.value for kind in _CHOSEN}:
            raise ValidationError(_("Choose whether it is a customer or a partner."))

    def validate_parent(self, field) -> None:
        if _row_id(field.data) is None:
            raise ValidationError(_("Choose the account that it belongs to."))

    def validate_credit_limit(self, field) -> None:
        if not field.data:
            return
        try:
            money.minor_units(field.data, (self.currency.data or "").upper())
        except ValueError as unreadable:
            raise ValidationError(str(unreadable)) from unreadable

    @property
    def wants_look_up(self) -> bool:
        return "synchronize" in request.form

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() else 200

    def details(self) -> dict[str, Any]:
        values = {name: self[name].data for name in account_rules.FIELDS if name in self}
        if "credit_limit" in values:
            typed = values["credit_limit"]
            values["credit_limit"] = money.minor_units(typed, values["currency"].upper()) if typed else None
        return values

    def new_values(self, by: User) -> dict[str, Any]:
        kind = AccountKind(self.kind.data) if "kind" in self else AccountKind.CUSTOMER
        parent = _row_id(self.parent.data) if "parent" in self else by.account_id
        return {
            "kind": kind, "parent_id": parent, "details": self.details(), "look_up": self.wants_look_up, "by": by,
            "is_another": self.is_another.data,
        }  # fmt: skip

    def values(self, by: User) -> dict[str, Any]:
        parent = _row_id(self.parent.data) if "parent" in self else None
        return {
            "version": self.seen_version(), "parent_id": parent, "details": self.details(), "by": by,
            "look_up": self.wants_look_up, "kind": AccountKind(self.kind.data) if "kind" in self else None,
            "why": self.why.data or None if "why" in self else None,
        }  # fmt: skip

    def unseen_move(self, account: Account, viewer: User) -> Account | None:
        """The account under which the form moves this one, while the person has not seen what that changes. None for a
        move that is refused anyway."""
        chosen = _row_id(self.parent.data) if "parent" in self else None
        if "moves" in request.form or chosen in (None, account.parent_id):
            return None
        parent = next((place for place in account_list.places(viewer) if place.id == chosen), None)
        is_customer = AccountKind(self.kind.data) is AccountKind.CUSTOMER
        return parent if parent is not None and (is_customer or parent.is_distributor) else None

    def typed(self) -> list[tuple[str, str]]:
        """What was sent, for hidden fields of the form that confirms it."""
        names = {field.short_name for field in self} | {"synchronize"}
        return [(name, text) for name, text in request.form.items(multi=True) if name in names - {"csrf_token", "why"}]

    def lay_over(self, account: Account) -> None:
        """Takes the current version, so that sending the form again overwrites the other person's change."""
        self.version.data = str(account.version)

    def differences(self, account: Account, viewer: User) -> list[tuple[str, str, str]]:
        """After a conflict: returns (label, the user's input, the current value) of each field that differs."""
        if not isinstance(self.refusal, StaleVersion):
            return []
        current = _current_values(account, viewer)
        typed = [(field, field.data or "") for field in self if field.name in current and field.name != "version"]
        return [
            (field.label.text, _label(field, text), _label(field, current[field.name] or ""))
            for field, text in typed
            if not spelling.is_same(field.name, current[field.name], text)
        ]

    def _offer(self, viewer: User, account: Account | None) -> None:
        if "kind" in self:
            self.kind.choices = [(kind.value, str(KINDS[kind])) for kind in _CHOSEN]
            if account is None:
                self.kind.choices.insert(0, ("", _("Choose a type")))
        if "parent" in self:
            self.parent.choices = [(str(parent.id), parent.name) for parent in account_list.places(viewer)]
        if "tax_code" in self:
            self._offer_billing(account)
        self.country.choices = [("", _("Not given")), *account_rules.countries(locale_now())]
        codes = [code for code, _name in account_rules.currencies(locale_now())]
        self.currency.choices = [(code, currency_name(code)) for code in _with(codes, account and account.currency)]
        languages = _with(LANGUAGES, account and account.language)
        self.language.choices = sorted(
            ((code, language_name(code)) for code in languages), key=lambda choice: collation_key(choice[1])
        )

        self._choose_what_is_empty()

    def _choose_what_is_empty(self) -> None:
        """Otherwise no option is the chosen one, and leaving the page warns that something was typed."""
        for name in ("country", "tax_code"):
            if name in self and not self.is_submitted() and self[name].data is None:
                self[name].data = ""

    def _offer_billing(self, account: Account | None) -> None:
        own = [account.tax_code] if account is not None and account.tax_code else []
        codes = {code.code: f"{code.code}, {code.name}" for code in (*tax_codes.usable(), *own)}
        self.tax_code.choices = [("", _("Not decided")), *codes.items()]
        self.invoice_rhythm.choices = [(each.value, str(text)) for each, text in RHYTHMS.items()]
        self.invoice_delivery.choices = [(each.value, str(text)) for each, text in DELIVERIES.items()]


class SyncForm(ActForm):
    """The account's e-mail at BitTitan, with which it is looked up."""

    bittitan_email = StringField(lazy("BitTitan e-mail"), **_EMAIL)

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(data=_address_of(account))._named(account)

    @classmethod
    def of_request(cls, account: Account, vendor_request: VendorRequest) -> Self:
        return cls.as_typed(vendor_request)._named(account)

    @classmethod
    def afresh(cls, account: Account) -> Self:
        """Returns a form with the account's values instead of what was sent, for the panel that shows the result."""
        return cls(formdata=None, data=_address_of(account))._named(account)

    def _named(self, account: Account) -> Self:
        self.bittitan_email.id, self.version.id = f"sync-email-{account.id}", f"sync-version-{account.id}"
        return self

    def lay_over(self, account: Account) -> Self:
        """Takes the current version, so that sending the form again applies to the current state."""
        self.version.data = str(account.version)
        return self

    def values(self, by: User) -> dict[str, Any]:
        return {"version": self.seen_version(), "email": self.bittitan_email.data or "", "by": by}

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200


def _address_of(account: Account) -> dict[str, str | None]:
    return {"version": str(account.version), "bittitan_email": account.bittitan_email}


def _fields_not_for(viewer: User, account: Account | None) -> list[str]:
    if not viewer.is_staff:
        return ["kind", "parent", *account_rights.FOR_THE_STAFF]
    return ["kind", "parent"] if account is not None and account.is_distributor else []


def _current_values(
    account: Account | None, viewer: User, under: str | None = None, kind: str | None = None
) -> dict[str, str | None]:
    if account is None:
        own = viewer.account
        defaults = {name: getattr(own, name) for name in ("currency", "language")}
        return {"kind": kind, "parent": under or str(own.id), **defaults}
    values = {name: _value(account, name) for name in account_rules.FIELDS}
    if account.credit_limit is not None:
        values["credit_limit"] = money.major_units(account.credit_limit, account.currency)
    place = {"kind": account.kind.value, "parent": str(account.parent_id or "")}
    return values | place | {"version": str(account.version)}


def _value(account: Account, name: str) -> Any:
    value = getattr(account, name)
    return value.code if isinstance(value, TaxCode) else getattr(value, "value", value)


def _label(field, value: str) -> str:
    """Returns the label of the chosen option; for a text field the value itself."""
    return dict(getattr(field, "choices", None) or []).get(value, value)


def _with(codes, current: str | None) -> list[str]:
    return sorted({*codes, current}) if current else list(codes)


def _row_id(text: str | None) -> int | None:
    return int(text) if text and is_row_id(text) else None
