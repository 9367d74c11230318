import pytest

from portal.providers.einvoice import pdf, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.document import Document, Line, Logo
from tests.providers.einvoice.corpus import document, tax

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10"/></svg>'


@pytest.fixture(scope="module")
def invoice() -> Document:
    lines = tuple(Line("BitTitan Mailbox License", 3 + number, 825, tax("S"), "Harbor Winery") for number in range(40))
    return document(lines=lines, logo=Logo("svg", SVG), account_number="ACC-1007", notes=("Thank you.",))


@pytest.fixture(scope="module")
def made(invoice) -> bytes:
    return pdf.render(invoice, xml.generate(invoice, Format.FACTUR_X))
