"""The acts that change the company, tax codes and texts of mails (test_audit_log.py)."""

from collections.abc import Callable

from portal.core import clock
from portal.services import company
from portal.services.mail.events import WELCOME
from portal.services.mail.texts import versions
from portal.services.mail.texts.built_in import Texts
from portal.services.tax import tax_codes
from tests import mails

TAXED = {
    "code": "GR-24", "name": "Greece", "category": "S", "rate": 2400, "reason_code": "", "reasons": {},
}  # fmt: skip


def save_company(details, terms=None) -> Callable:
    return lambda world: lambda: company.save(version=1, details=details, terms=terms or {}, by=world.dora)


def create_tax_code(world) -> Callable:
    return lambda: tax_codes.create(details=TAXED, by=world.dora)


def save_text(world) -> Callable:
    return lambda: versions.save(WELCOME, "de", Texts("Your code", "{{ code }}"), version=0, by=world.dora)


def reset_text(world) -> Callable:
    mails.text(world)
    return lambda: versions.reset(WELCOME, "en", version=1, by=world.dora)


def with_tax_code(act: Callable, *, is_retired: bool = False) -> Callable:
    def prepare(world):
        row = world.tax_code(retired_at=clock.now() if is_retired else None)
        return lambda: act(row, world)

    return prepare


ACTS: dict[str, tuple[Callable, tuple[str, str]]] = {
    "company.save": (save_company({"legal_name": "Meridian"}), ("company", "change")),
    "company.save, terms": (save_company({}, {"de": "Sofort"}), ("company", "change")),
    "tax.tax_codes.create": (
        create_tax_code,
        ("tax_code", "create"),
    ),
    "tax.tax_codes.save": (
        with_tax_code(lambda row, world: tax_codes.save(row, version=1, details=TAXED, by=world.dora)),
        ("tax_code", "change"),
    ),
    "tax.tax_codes.retire": (
        with_tax_code(lambda row, world: tax_codes.retire(row, version=1, by=world.dora)),
        ("tax_code", "retire"),
    ),
    "tax.tax_codes.use_again": (
        with_tax_code(lambda row, world: tax_codes.use_again(row, version=1, by=world.dora), is_retired=True),
        ("tax_code", "use again"),
    ),
    "mail.texts.versions._numbered, save": (save_text, ("mail text", "save")),
    "mail.texts.versions._numbered, reset": (reset_text, ("mail text", "reset")),
}
