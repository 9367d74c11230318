"""Tax codes, and the rules of EN 16931 about their fields."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import audit, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import MOST_RATE, AuditEntry, TaxCategory, TaxCode
from portal.models.text_keys import fold
from portal.services.tax.usual_texts import REASON_CODES

LONGEST = {"code": 40, "name": 120, "reason": 300}
_CATEGORIES = {category.value for category in TaxCategory}
_REASON_CODE = re.compile(r"VATEX-[A-Z]{2}-[A-Z0-9-]{1,30}")


def all_codes() -> list[TaxCode]:
    """Usable ones first, by code."""
    order = TaxCode.retired_at.is_not(None), TaxCode.code_key
    return list(db.session.scalars(select(TaxCode).order_by(*order)))


def usable() -> list[TaxCode]:
    return [code for code in all_codes() if not code.is_retired]


def by_code(code: str) -> TaxCode | None:
    return db.session.scalar(select(TaxCode).where(TaxCode.code_key == fold(code)))


def one(tax_code_id: int) -> TaxCode:
    """Raises NotVisible."""
    row = db.session.get(TaxCode, tax_code_id, populate_existing=True)
    if row is None:
        raise NotVisible()
    return row


def changes(row: TaxCode, size: int) -> list[AuditEntry]:
    """Newest first."""
    rows = select(AuditEntry).where(AuditEntry.subject == "tax_code", AuditEntry.subject_id == row.id)
    return list(db.session.scalars(rows.order_by(AuditEntry.id.desc()).limit(size)))


def create(*, details: Mapping[str, Any], by: Actor) -> TaxCode:
    """`details`: code, name, category, rate, reason_code, reasons. Raises InvalidInput."""
    values = checked(details)
    row = TaxCode(**values, created_at=clock.now())
    with _one_of_each_code(), transaction():
        db.session.add(row)
        db.session.flush()
        audit.record("tax_code", row.id, "create", by=by, field="code", after=f"{row.code}, {row.category.value}")
    return row


def save(row: TaxCode, *, version: int, details: Mapping[str, Any], by: Actor) -> bool:
    """Returns whether anything changed. What was invoiced keeps what it has. Raises StaleVersion, InvalidInput."""
    values = checked(details)
    with _one_of_each_code(), transaction():
        row = _locked(row, version)
        reasons = values.pop("reasons")
        changed = bool(audit.changes("tax_code", row, values, act="change", by=by))
        changed = bool(audit.text_changes("tax_code", row, "reasons", reasons, by=by)) or changed
        row.version += changed
        db.session.flush()
    return changed


def retire(row: TaxCode, *, version: int, by: Actor) -> None:
    """No account gets it from now on. Raises StaleVersion, Conflict."""
    with transaction():
        row = _locked(row, version)
        if row.is_retired:
            raise Conflict(_("It is retired already."))
        audit.changes("tax_code", row, {"retired_at": clock.now()}, act="retire", by=by)
        row.version += 1


def use_again(row: TaxCode, *, version: int, by: Actor) -> None:
    """Raises StaleVersion, Conflict."""
    with transaction():
        row = _locked(row, version)
        if not row.is_retired:
            raise Conflict(_("It is in use already."))
        audit.changes("tax_code", row, {"retired_at": None}, act="use again", by=by)
        row.version += 1


def _locked(row: TaxCode, version: int) -> TaxCode:
    row = lock(TaxCode, row.id)
    if row.version != version:
        raise StaleVersion(_("Somebody else changed this tax code in the meantime. Nothing of yours was saved."))
    return row


def checked(details: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises InvalidInput for the first that breaks a rule."""
    category = _category(details["category"])
    reasons = {language: _reason(language, text) for language, text in details["reasons"].items()}
    values = {
        "code": _code(details["code"]),
        "name": field_rules.name(details["name"] or "", "name", LONGEST["name"]),
        "category": category,
        "rate": _rate(category, details["rate"]),
        "reason_code": _reason_code(category, details["reason_code"]),
        "reasons": {language: text for language, text in reasons.items() if text},
    }
    _check_reason(category, values)
    return values


def _category(value: TaxCategory | str) -> TaxCategory:
    try:
        return TaxCategory(value)
    except ValueError as unknown:
        raise InvalidInput("category", _("Choose a category.")) from unknown


def _code(text: str | None) -> str:
    """The letters of a category are a good name for its code, although Z elsewhere stands for nothing."""
    if not (text or "").strip():
        raise InvalidInput("code", _("Enter a code."))
    if text.strip().upper() in _CATEGORIES:
        return text.strip()
    return field_rules.account_code(text, "code")


def _rate(category: TaxCategory, rate: int) -> int:
    if category is TaxCategory.STANDARD and not 0 < rate <= MOST_RATE:
        raise InvalidInput("rate", _("Category S needs a rate above 0 and below 100 %."))
    if category is not TaxCategory.STANDARD and rate:
        raise InvalidInput("rate", _("Only category S has a rate: leave it empty."))
    return rate


def _reason_code(category: TaxCategory, text: str | None) -> str | None:
    code = (text or "").strip().upper()
    if not code:
        return None
    if not _REASON_CODE.fullmatch(code):
        raise InvalidInput("reason_code", _("A reason code looks like VATEX-EU-AE."))
    only = next((each for each, reserved in REASON_CODES.items() if reserved == code), category)
    if only is not category:
        message = _("%(code)s goes with category %(category)s only.", code=code, category=only.value)
        raise InvalidInput("reason_code", message)
    return code


def _reason(language: str, text: str | None) -> str:
    return field_rules.kept_text(text or "", f"reason_{language}", LONGEST["reason"])


def _check_reason(category: TaxCategory, values: Mapping[str, Any]) -> None:
    code, reasons = values["reason_code"], values["reasons"]
    if category.needs_reason and not (code or reasons):
        message = _("Category %(category)s needs a reason: a code, or a text.", category=category.value)
        raise InvalidInput("reason_code", message)
    if not category.needs_reason and (code or reasons):
        field = "reason_code" if code else f"reason_{next(iter(reasons))}"
        message = _("Category %(category)s must not have a reason: leave it empty.", category=category.value)
        raise InvalidInput(field, message)


@contextmanager
def _one_of_each_code() -> Iterator[None]:
    try:
        yield
    except IntegrityError as clash:
        raise InvalidInput("code", _("This code is taken. Choose another one.")) from clash
