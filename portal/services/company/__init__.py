"""Setup > Company: what invoices say about the seller, and what is missing before the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select

from portal.core import audit, paging
from portal.core.audit import Actor
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import AuditEntry, Company, InvoiceSeries
from portal.services.company import company_rules, logos
from portal.services.company.logos import Logo

THE_ONE = 1


@dataclass(frozen=True)
class LogoChange:
    """`logo`: the new one; None removes the one that is there."""

    logo: Logo | None


def row() -> Company:
    """The current row, for reading."""
    return db.session.get(Company, THE_ONE, populate_existing=True)


def has_issued() -> bool:
    """Whether a number was ever taken."""
    return bool(db.session.scalar(select(exists().where(InvoiceSeries.next > 1))))


def save(
    *, version: int, details: Mapping[str, Any], terms: Mapping[str, str], by: Actor, logo: LogoChange | None = None
) -> bool:
    """`details`: any of company_rules.FIELDS; `terms`: by language. Returns whether anything changed. Invoices that
    were issued stay as they are. Raises StaleVersion, InvalidInput."""
    values, texts = company_rules.checked(details, row()), company_rules.checked_terms(terms)
    with transaction():
        company = lock(Company, THE_ONE)
        if company.version != version:
            raise StaleVersion(_("Somebody else saved the company in the meantime. Nothing of yours was saved."))
        changed = bool(audit.changes("company", company, values, act="change", by=by))
        changed = bool(audit.text_changes("company", company, "terms", texts, by=by)) or changed
        changed = (logo is not None and logos.set_logo(company, logo.logo, by=by)) or changed
        company.version += changed
    return changed


def changes(before: int | None, size: int) -> tuple[list[AuditEntry], int | None]:
    """One page, newest first, and the id before which the next page begins."""
    rows = select(AuditEntry).where(AuditEntry.subject == "company", AuditEntry.subject_id == THE_ONE)
    return paging.newest(rows, AuditEntry.id, before, size)
