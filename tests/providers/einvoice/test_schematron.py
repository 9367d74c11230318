"""The published rules: what we generate breaks none of them, and what is broken on purpose is found.

Each call starts a child and compiles rules for seconds, so all documents of this file go through one. The mutations
share a test for the same reason: each worker that took one would compile the rules again.
"""

from decimal import Decimal

import pytest

from portal.providers.einvoice import schematron, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.document import Category, CreditedBefore, Document, Kind, Line
from portal.providers.einvoice.totals import totals
from tests.providers.einvoice.corpus import corpus, document, tax
from tests.providers.einvoice.mutations import MUTATIONS

AMOUNT = 60
"""tests/torture/test_invoices.py checks 2,000."""


@pytest.fixture(scope="module")
def found(seed) -> dict:
    """By name of a mutation, or by document and format, what the rules said."""
    asked = {
        (said.number, format): (format, xml.generate(said, format))
        for said in corpus(AMOUNT, seed)
        for format in Format
    }
    asked |= {
        (f"part {place} in {currency}", format): (format, xml.generate(said, format))
        for currency in ("EUR", "JPY")
        for place, said in enumerate(_parts(currency))
        for format in Format
    }
    asked |= {mutation.__name__: (Format.XRECHNUNG, mutation()) for mutation in MUTATIONS}
    answers = schematron.findings(list(asked.values()))
    assert len(answers) == len(asked)
    return dict(zip(asked, answers, strict=True))


def _parts(currency: str) -> list[Document]:
    """Credit notes for 3 of something, whose VAT is 0.72: rounded up, down and up. Their own would be 1 each."""
    taxed, exempt = Line("Licence", 1, 3, tax("S")), Line("Bundle", 1, 50, tax("E"))
    before = [(), (CreditedBefore(Category.STANDARD, Decimal(24), 3, 1),)]
    before.append(
        (CreditedBefore(Category.STANDARD, Decimal(24), 6, 1), CreditedBefore(Category.EXEMPT, Decimal(0), 50, 0))
    )
    said = {"kind": Kind.CREDIT_NOTE, "currency": currency, "lines": (taxed, exempt)}
    made = [document(place, **said, credited_before=each) for place, each in enumerate(before)]
    assert [totals(each).vat for each in made] == [1, 0, 1]
    return made


def test_a_corpus_breaks_no_rule(found):
    faults = {name: rules for name, rules in found.items() if isinstance(name, tuple) and rules}
    assert not faults


def test_each_mutation_is_found(found):
    missed = {}
    for mutation in MUTATIONS:
        rules = {each.split()[1].rstrip(":") for each in found[mutation.__name__] if each.startswith("fatal")}
        if not_broken := set(mutation.__doc__.split()) - rules:
            missed[mutation.__name__] = f"{not_broken} should be broken; {rules} are"
    assert not missed


def test_without_the_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(schematron, "find_spec", lambda name: None)
    with pytest.raises(schematron.RulesMissing, match="requirements-dev"):
        schematron.findings([(Format.FACTUR_X, xml.generate(document(), Format.FACTUR_X))])
