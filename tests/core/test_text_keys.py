"""Keys of names: what stands beside what, and what a person finds with the letters that they have."""

import random
import unicodedata

import pytest

from portal.models.text_keys import LONGEST_SORT, collation_key, collation_prefix, search_key

pytestmark = pytest.mark.sqlite  # no database is asked: once is enough

ORDERED = ["Adler", "Łódź", "Østergaard", "Öztürk", "Ünal", "Zander", "Žitný"]
FOUND = [
    ("Łódź Logistyka", "lodz"),
    ("Østergaard", "ostergaard"),
    ("Öztürk", "OZTURK"),
    ("Žitný", "zitny"),
    ("Đorđe", "dorde"),
    ("Straße 7", "strasse"),
    ("STRASSE", "straße"),
    ("Größe", "groẞe"),
    ("ﬁnal oﬀer", "final offer"),
    ("Ａｂｃ１２", "abc12"),
    ("Œuvre", "oeuvre"),
    ("Æther", "aether"),
    ("Þór", "thor"),
    ("İstanbul", "istanbul"),
    ("Diyarbakır", "diyarbakir"),
    ("O’Neill & Sons", "o'neill"),
    ("O'Neill", "o’neill"),
    ("Aix–en–Provence", "aix-en"),
    ("a\u00a0b  c", "a b c"),
    ("co\u00adop", "coop"),
    ("Αθήνα", "αθηνα"),
    ("ΟΔΟΣ", "οδος"),
    ("Чайковский", "чаиковскии"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد"),
    ("한국", "한국"),
    ("ガード", "ガード"),
    ("x²", "x2"),
    ("№ 5", "no 5"),
    ("Ångström", "Angstrom"),
    ("nai\u0308ve", "naive"),
]


def test_names_stand_beside_their_base_letter():
    shuffled = random.Random(3).sample(ORDERED, len(ORDERED))
    assert sorted(shuffled, key=collation_key) == ORDERED


@pytest.mark.parametrize(
    "names",
    [
        ["a", "A b", "á b", "ab"],
        ["cote", "coté", "côte", "côté"],
        ["resume", "résumé", "Resumes", "résumés"],
        ["7 Hills", "Acme", "Ωmega", "Ямал", "港区"],
        ["Strasse", "Straße 1", "Strasse 2"],
    ],
)
def test_accents_decide_only_among_the_same_letters(names):
    assert sorted(names[::-1], key=collation_key) == names


@pytest.mark.parametrize("one, other", [("É", "E\u0301"), ("abc", "ABC"), ("Ａ", "a")])
def test_composed_or_not_and_capital_or_not_is_the_same_place(one, other):
    assert collation_key(one) == collation_key(other)


@pytest.mark.parametrize("name, typed", FOUND)
def test_a_name_is_found_by_what_a_person_would_type(name, typed):
    assert search_key(typed) in search_key(name)


@pytest.mark.parametrize("name, typed", [("がく", "かく"), ("กิ", "กี"), ("R&D", "RD"), ("Мир", "Mir")])
def test_other_letters_stay_other_letters(name, typed):
    assert search_key(typed) not in search_key(name)


def test_a_key_begins_as_the_keys_of_its_beginnings():
    for name, _ in FOUND:
        composed = unicodedata.normalize("NFC", name)
        assert collation_key(composed).startswith(collation_prefix(composed[:1]))


@pytest.mark.parametrize(
    "text", ["", "\u0301", "\u200d", "\ud800", "😀" * 300, "e\u0301\u0323\u0307" * 100, "\0", "ﷺ" * 200]
)
def test_any_text_has_keys_that_fit(text):
    assert len(collation_key(text)) <= LONGEST_SORT
    assert len(search_key(text)) <= 200
    assert search_key(search_key(text)) == search_key(text)
