"""Thousands of invoices and credit notes: the published rules find nothing in any of them, and each can be printed."""

import pytest

from portal.providers.einvoice import pdf, schematron, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.errors import MissingGlyph
from tests.providers.einvoice.checklist import faults
from tests.providers.einvoice.corpus import corpus

pytestmark = pytest.mark.sqlite
AT_ONCE = 250


def test_a_long_corpus_breaks_no_rule(times, seed, measured):
    documents = corpus(times(2000), seed)
    for start in range(0, len(documents), AT_ONCE):
        part = documents[start : start + AT_ONCE]
        asked = [(said.number, format, xml.generate(said, format)) for said in part for format in Format]
        answers = schematron.findings([(format, made) for _, format, made in asked])
        broken = {each[:2]: rules for each, rules in zip(asked, answers, strict=True) if rules}
        assert not broken, f"seed {seed}"
    measured(f"{len(documents)} documents in {len(Format)} formats, 0 findings")


def test_each_that_has_its_glyphs_is_a_pdf_by_the_checklist(times, seed, measured):
    refused = 0
    documents = corpus(times(500), seed)
    for said in documents:
        made = xml.generate(said, Format.FACTUR_X)
        try:
            assert faults(pdf.render(said, made), made) == [], f"seed {seed}, {said.number}"
        except MissingGlyph:
            refused += 1
    assert refused < len(documents)
    measured(f"{len(documents) - refused} PDFs by the checklist, {refused} with characters that no font has")
