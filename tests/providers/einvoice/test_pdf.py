"""The PDF as it is read by people, and what stops it."""

import json
from io import BytesIO
from itertools import pairwise

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from portal.providers.einvoice import pdf, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.document import Bank, Document, Kind, Line, Logo
from portal.providers.einvoice.errors import MissingGlyph, UnreadableLogo
from portal.providers.einvoice.glyphs import FONTS, missing_glyphs
from portal.providers.einvoice.qr import epc_qr
from portal.providers.einvoice.wording import LAYOUT, directed, labels
from tests.providers.einvoice.conftest import SVG
from tests.providers.einvoice.corpus import EUROS, NAMES, buyer, document, tax


def _png() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (30, 12), (200, 30, 30)).save(picture, "PNG")
    return picture.getvalue()


def _made(said: Document) -> bytes:
    return pdf.render(said, xml.generate(said, Format.FACTUR_X))


def _text(made: bytes) -> str:
    with pypdfium2.PdfDocument(made) as opened:
        text = "\n".join(page.get_textpage().get_text_range() for page in opened)
    return text.replace("\r\n", "\n").replace("\xa0", " ")


def _pages(made: bytes) -> int:
    with pypdfium2.PdfDocument(made) as opened:
        return len(opened)


# what is read


def test_three_decimals_are_printed():
    said = document(currency="KWD", lines=(Line("Licence", 1, 1000725, tax("Z")),))
    assert "1,000.725 KWD" in _text(pdf.render(said))


@pytest.mark.parametrize("name", [each for each in NAMES if not missing_glyphs(each)])
def test_a_name_is_read_from_the_pdf_as_it_was_written(name):
    said = document(buyer=buyer(name), lines=(Line("Licence", 1, 825, tax("S"), name, "AS-1"),))
    assert _text(pdf.render(said)).count(name) == 2


@pytest.mark.parametrize(
    "name, is_rtl", [("שלום", True), ("(2) مدرسة", True), ("Αφοί", False), ("12", False), ("", False)]
)
def test_a_text_has_the_direction_of_its_first_letter(name, is_rtl):
    assert directed(name) == {"text": name, "rtl": is_rtl}


@pytest.mark.parametrize("name, is_left", [("כרמל!", True), ("شركة!", True), ("Carmel!", False)])
def test_what_ends_a_name_is_drawn_where_its_reader_looks(name, is_left):
    with pypdfium2.PdfDocument(pdf.render(document(buyer=buyer(name)))) as opened:
        page = opened[0].get_textpage()
        text = page.get_text_range()
        letter, end = (page.get_charbox(text.index(each)) for each in (name[:-1], "!"))
    assert (end[0] < letter[0]) == is_left


def test_a_long_number_of_an_order_is_folded_into_its_place():
    text = _text(pdf.render(document(purchase_order="9" * 40)))
    assert "Your order " + "9" * 26 + "\n" + "9" * 14 + "\n" in text


@pytest.mark.parametrize(
    "text", ["#panic()", "$x$ @a <b>", "*bold* _it_ `raw`", "\\ // /* */", '"] #read("invoice.typ")']
)
def test_markup_in_a_text_stays_text(text):
    assert text in _text(pdf.render(document(lines=(Line(text, 1, 825, tax("S")),))))


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", ("Invoice INV-2026-000001", "1 Dec 2026", "1,234.50 EUR", "Germany")),
        ("de", ("Rechnung INV-2026-000001", "01.12.2026", "1.234,50 EUR", "Deutschland")),
        ("el", ("Τιμολόγιο INV-2026-000001", "1 Δεκ 2026", "1.234,50 EUR", "Γερμανία")),
        ("fr", ("Facture INV-2026-000001", "1 déc. 2026", "1\u202f234,50 EUR", "Allemagne")),
    ],
)
def test_each_language_has_its_words_and_formats(language, words):
    text = _text(pdf.render(document(language=language, lines=(Line("Licence", 1, 123450, tax("Z")),))))
    assert [word for word in words if word not in text] == []


def test_each_language_has_each_word():
    every = json.loads((LAYOUT / "labels.json").read_text())
    assert set(every) == {"en", "de", "el", "fr"}
    assert all(labels(language).keys() == labels("en").keys() for language in every)
    assert all(text.strip() for words in every.values() for text in words.values())


def test_vat_is_also_printed_in_the_currency_of_the_books():
    text = _text(_made(document(currency="USD", accounting_vat=EUROS)))
    assert "VAT in EUR 123.45" in text
    assert EUROS.exchange_rate in text


def test_a_credit_note_names_its_invoice_and_asks_for_no_money():
    text = _text(_made(document(kind=Kind.CREDIT_NOTE)))
    assert "Credit note INV-2026-000001" in text
    assert "INV-2026-000017 of 3 Nov 2026" in text
    assert "To pay" not in text
    assert "banking app" not in text


def test_outside_the_scope_of_vat_the_registration_stands_for_the_vat_id():
    text = _text(_made(document(lines=(Line("Licence", 1, 825, tax("O")),))))
    assert "EL998765435" not in text
    assert "Our registration 123456703000" in text
    assert "Outside the scope of VAT (VATEX-EU-O)" in text


def test_many_lines_fill_pages_with_a_head_on_each(made):
    text = _text(made)
    assert _pages(made) > 2
    assert text.count("No. Service") == _pages(made)
    rows = [text.index(f"\n{number} BitTitan") for number in range(1, 41)]
    assert all(first < second for first, second in pairwise(rows))


# what cannot be printed


@pytest.mark.parametrize(
    "text, missing", [("東京 KK", "東京"), ("Ωmega 😀", "😀"), ("Müller\u200f \u00ad\ufe0f", ""), ("AA", "")]
)
def test_what_has_no_glyph_is_named(text, missing):
    assert missing_glyphs(text) == missing


def test_a_name_without_glyphs_stops_the_pdf_and_names_them():
    with pytest.raises(MissingGlyph) as refused:
        pdf.render(document(buyer=buyer("東京 東 Ltd.")))
    assert refused.value.characters == "東京"


def test_typst_agrees_on_what_is_missing(monkeypatch):
    """Or a name that warned nobody would stop the PDF."""
    monkeypatch.setattr(pdf, "missing_glyphs", lambda text, folders: "")
    with pytest.raises(MissingGlyph) as refused:
        pdf.render(document(buyer=buyer("Ltd. 東")))
    assert refused.value.characters == "東"
    drawn = [chr(point) for point in range(0x20, 0x2100) if chr(point).isprintable() and not missing_glyphs(chr(point))]
    pdf.render(document(notes=tuple(" ".join(drawn[start : start + 60]) for start in range(0, len(drawn), 60))))
    assert len(drawn) > 2000


def test_more_fonts_may_be_given(tmp_path):
    """With a copy of ours only: what counts is that the folder is read."""
    (tmp_path / "copy.ttf").write_bytes((FONTS / "NotoSans-Regular.ttf").read_bytes())
    assert missing_glyphs("Ω東", (tmp_path,)) == "東"
    assert pdf.render(document(), font_folders=(tmp_path,)).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("logo", [Logo("png", _png()), Logo("svg", SVG)], ids=["png", "svg"])
def test_a_logo_is_printed(logo):
    assert len(pdf.render(document(logo=logo))) > len(pdf.render(document()))


@pytest.mark.parametrize("logo", [Logo("png", b"x"), Logo("svg", b"<svg")], ids=["png", "svg"])
def test_a_logo_that_is_no_picture_is_named(logo):
    with pytest.raises(UnreadableLogo):
        pdf.render(document(logo=logo))


# the EPC code


def test_a_banking_app_reads_the_transfer_from_the_page():
    with pypdfium2.PdfDocument(_made(document())) as opened:
        (code,) = zxingcpp.read_barcodes(opened[0].render(scale=1.5).to_pil())  # as small as a phone sees it: 108 dpi
    assert code.text.split("\n") == [
        "BCD", "002", "1", "SCT", "ETHNGRAA", "Meridian Distribution A.E.", "GR1601101250000000012300695", "EUR30.69",
        "", "", "INV-2026-000001",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "USD"},
        {"bank": None},
        {"bank": Bank("GR16 0110 1250 0000 0001 2300 696")},
        {"bank": Bank("12345678")},
        {"kind": Kind.CREDIT_NOTE},
        {"lines": (Line("Licence", 1, 0, tax("Z")),)},
        {"lines": (Line("Licence", 1, 10**11, tax("Z")),)},
    ],
)
def test_no_code_where_there_is_nothing_to_transfer(change):
    said = document(**change)
    assert epc_qr(said) is None
    assert "banking app" not in _text(pdf.render(said))
