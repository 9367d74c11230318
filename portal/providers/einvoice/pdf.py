"""A document as PDF/A-3a and PDF/UA-1, with its Factur-X XML inside: the same bytes each time.

typst sets it and refuses what PDF/A forbids. What it cannot write, the metadata of Factur-X, is merged afterwards.
"""

import json
import re
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock

from portal.providers.einvoice.document import Document
from portal.providers.einvoice.errors import DocumentError, MissingGlyph, UnreadableLogo
from portal.providers.einvoice.glyphs import FONTS, missing_glyphs
from portal.providers.einvoice.metadata import with_factur_x
from portal.providers.einvoice.wording import LAYOUT, printed

STANDARDS = ["a-3a", "ua-1"]
_compiling = Lock()
"""A compiler keeps what it has parsed, a quarter of the time of a short invoice, and serves one at a time."""
_CANNOT_DISPLAY = re.compile(r"(?:text|character) `?[\"“](.+?)[\"”]`? could not be displayed")


def render(document: Document, factur_x: bytes | None = None, font_folders: tuple[Path, ...] = ()) -> bytes:
    """`factur_x` is the XML to attach; without it (a currency with three decimals) the PDF says the same to people.

    Takes 15 to 250 ms. Raises MissingGlyph with the characters, or UnreadableLogo.
    """
    data = printed(document)
    if missing := missing_glyphs("".join(_texts(data)), font_folders):
        raise MissingGlyph(missing)
    made = _compiled(document, data, factur_x, font_folders)
    return with_factur_x(made) if factur_x else made


def _compiled(document: Document, data: dict, factur_x: bytes | None, folders: tuple[Path, ...]) -> bytes:
    import typst

    inputs = {"data": json.dumps(data)} | ({"xml": factur_x.decode()} if factur_x else {})
    midnight = datetime.combine(document.issued_on, time(), UTC)
    try:
        with _compiling:
            options = {"format": "pdf", "pdf_standards": STANDARDS, "timestamp": midnight}
            return _compiler(folders).compile(sys_inputs=inputs, **options)
    except typst.TypstError as error:
        raise _reason(str(error)) from error


def _reason(said: str) -> DocumentError:
    if match := _CANNOT_DISPLAY.search(said):
        return MissingGlyph(match[1])
    if "image" in said or "SVG" in said:
        return UnreadableLogo(said)
    return DocumentError(said)


@cache
def _compiler(folders: tuple[Path, ...]):
    """Only our fonts and those that were asked for: what a computer happens to have would change the bytes."""
    import typst

    paths = [str(folder) for folder in (FONTS, *folders)]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
    return typst.Compiler(LAYOUT / "invoice.typ", root=LAYOUT, font_paths=fonts)


def _texts(value: object) -> list[str]:
    """What is printed: all texts but the pictures."""
    if isinstance(value, dict):
        return [text for key, each in value.items() if key not in ("logo", "qr") for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []
