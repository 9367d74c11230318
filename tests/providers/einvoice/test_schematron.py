"""The published rules: what we generate breaks none of them, and what is broken on purpose is found.

Each call starts a child and compiles rules for seconds, so all documents of this file go through one. The mutations
share a test for the same reason: each worker that took one would compile the rules again.
"""

import pytest

from portal.providers.einvoice import schematron, xml
from portal.providers.einvoice.completeness import Format
from tests.providers.einvoice.corpus import corpus, document
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
    asked |= {mutation.__name__: (Format.XRECHNUNG, mutation()) for mutation in MUTATIONS}
    answers = schematron.findings(list(asked.values()))
    assert len(answers) == len(asked)
    return dict(zip(asked, answers, strict=True))


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
