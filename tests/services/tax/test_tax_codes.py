"""Tax codes and the rules of EN 16931 about them; VAT ids."""

import pytest

from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.models import TaxCategory
from portal.services.tax import languages, tax_codes, vat_ids
from portal.services.tax.usual_texts import REASON_CODES, REASONS

STANDARD = {"code": "GR-24", "name": "Greece", "category": "S", "rate": 2400, "reason_code": "", "reasons": {}}
REVERSE = STANDARD | {"code": "AE", "category": "AE", "rate": 0, "reasons": {"en": "Reverse charge", "de": ""}}


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def create(world, **details):
    return tax_codes.create(details=REVERSE | details, by=world.dora)


def test_a_tax_code_is_made_changed_retired_and_used_again(world):
    row = create(world, reason_code="vatex-eu-ae")
    assert (row.category, row.reason_code, row.reasons) == (
        TaxCategory.REVERSE_CHARGE, "VATEX-EU-AE", {"en": "Reverse charge"},
    )  # fmt: skip
    assert tax_codes.save(row, version=1, details=REVERSE | {"reasons": {"de": "Umkehr"}}, by=world.dora)
    row = tax_codes.one(row.id)
    assert (row.reasons, row.reason_code, row.version) == ({"de": "Umkehr"}, None, 2)
    fields = {(entry.field, entry.before, entry.after) for entry in tax_codes.changes(row, 10)}
    assert {("reasons de", None, "Umkehr"), ("reasons en", "Reverse charge", None)} <= fields
    assert not tax_codes.save(row, version=2, details=REVERSE | {"reasons": {"de": "Umkehr"}}, by=world.dora)

    tax_codes.retire(row, version=2, by=world.dora)
    assert tax_codes.usable() == []
    with pytest.raises(StaleVersion):
        tax_codes.retire(row, version=2, by=world.dora)
    with pytest.raises(Conflict):
        tax_codes.retire(row, version=3, by=world.dora)
    tax_codes.use_again(row, version=3, by=world.dora)
    assert [each.code for each in tax_codes.usable()] == ["AE"]


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize(
    "details, field",
    [
        ({"category": "S", "rate": 0, "reasons": {}}, "rate"),
        ({"category": "S", "rate": 10000, "reasons": {}}, "rate"),
        ({"rate": 2400}, "rate"),
        ({"category": "S", "rate": 2400}, "reason_en"),
        ({"category": "S", "rate": 2400, "reasons": {}, "reason_code": "VATEX-EU-AE"}, "reason_code"),
        ({"category": "Z"}, "reason_en"),
        *(({"category": category, "reasons": {}}, "reason_code") for category in ("E", "AE", "G", "O", "K")),
        ({"reason_code": "reverse"}, "reason_code"),
        ({"reason_code": "VATEX-EU-O"}, "reason_code"),
        ({"category": "X"}, "category"),
        ({"code": ""}, "code"),
        ({"code": "two words"}, "code"),
        ({"name": ""}, "name"),
        ({"reasons": {"en": "x" * 301}}, "reason_en"),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(world, details, field):
    with pytest.raises(InvalidInput) as refused:
        create(world, **details)
    assert refused.value.field == field
    assert tax_codes.all_codes() == []


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("category", ["Z", "E", "AE", "G", "O", "K"])
def test_the_other_categories_have_no_rate(world, category):
    reasons = {} if category == "Z" else {"en": "Why"}
    assert create(world, category=category, reasons=reasons).rate == 0


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("code", ["S", "Z", "E", "AE", "G", "O", "K", "z"])
def test_the_letters_of_a_category_name_a_code(world, code):
    assert create(world, code=f" {code} ").code == code


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("code", ["Y", "X", "N/A", "TBD", "none", "?", "0", "#REF!"])
def test_a_placeholder_is_no_code(world, code):
    with pytest.raises(InvalidInput) as refused:
        create(world, code=code)
    assert refused.value.field == "code"


def test_a_national_reason_code_goes_with_any_category(world):
    assert create(world, reason_code="VATEX-FR-AE").reason_code == "VATEX-FR-AE"


def test_the_usual_words_keep_the_rules():
    for category, reasons in REASONS.items():
        details = REVERSE | {"category": category, "reason_code": REASON_CODES[category], "reasons": reasons}
        assert tax_codes.checked(details)["reasons"] == reasons
        assert set(languages.ALWAYS) <= reasons.keys()


def test_a_code_is_unique_in_any_case(world):
    create(world)
    other = create(world, code="OTHER")
    for act in (
        lambda: create(world, code="ae"),
        lambda: tax_codes.save(other, version=1, details=REVERSE, by=world.dora),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert refused.value.field == "code"


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "text, country, is_plausible",
    [
        ("EL 094014201", "GR", True),
        ("GR094014201", None, True),
        ("094014201", "GR", False),
        ("EL094014202", None, False),
        ("DE 136.695-976", "DE", True),
        ("DE136695977", "DE", False),
        ("GB980780684", "GB", True),
        ("GB980780685", "GB", False),
        ("CHE-107.787.577 IVA", "CH", True),
        ("12-3456789", "US", None),
        ("12-3456789", None, None),
    ],
)
def test_check_digits_make_a_vat_id_plausible(text, country, is_plausible):
    assert vat_ids.is_plausible(text, country) is is_plausible


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("text, country", [("EL094014201", "GR"), ("de136695976", "DE"), ("GB980780684", None)])
def test_the_prefix_tells_the_country_of_the_eu(text, country):
    assert vat_ids.country_of(text) == country
