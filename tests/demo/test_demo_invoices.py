"""The invoices of the demo: each tax category, and each kind of file."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import DocumentKind, Invoice, InvoiceDocument, InvoiceTax, TaxCategory

pytestmark = pytest.mark.sqlite  # what issues them is proved on both in tests/services


def test_each_category_and_each_kind_of_file_occurs(loaded):
    with loaded.app_context():
        assert set(db.session.scalars(select(InvoiceTax.category).distinct())) == set(TaxCategory)
        files = set(db.session.scalars(select(InvoiceDocument.kind).distinct()))
        assert files == set(DocumentKind) - {DocumentKind.PDF}  # its job makes it
        assert len(set(db.session.scalars(select(Invoice.currency).distinct()))) >= 6
