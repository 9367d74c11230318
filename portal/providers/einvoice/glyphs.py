"""Which characters the fonts can draw, read from the fonts themselves (the `cmap` table of OpenType)."""

import struct
import unicodedata
from array import array
from bisect import bisect_right
from functools import cache
from pathlib import Path

from portal import side_process

FONTS = Path(__file__).parent / "fonts"
"""Noto Sans, Noto Sans Arabic and Noto Sans Hebrew: static, regular and bold, under the SIL Open Font License.

Newer releases of Noto Sans Arabic draw a letter and its dots as two glyphs: what is copied from the PDF is then no
longer what was written. A test of the extracted text finds it.
"""
ENDINGS = {".ttf", ".otf", ".ttc", ".otc"}
NEED_NO_GLYPH = {"Cf", "Zl", "Zp"}
VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def missing_glyphs(text: str, folders: tuple[Path, ...] = ()) -> str:
    """The characters of `text` that no font has, each once, in order: they cannot be printed. Empty if all can.

    `folders` hold more fonts than those that come with the portal, such as one for Chinese.
    """
    return "".join(each for each in dict.fromkeys(text) if not _is_drawn(each, folders))


def fonts_in(folder: Path) -> list[Path]:
    """Empty if the folder is gone."""
    return [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS] if folder.is_dir() else []


def _is_drawn(character: str, folders: tuple[Path, ...]) -> bool:
    point = ord(character)
    if character == "\n" or point in VARIATION_SELECTORS or unicodedata.category(character) in NEED_NO_GLYPH:
        return True
    starts, ends = _coverage(folders)
    place = bisect_right(starts, point) - 1
    return place >= 0 and point <= ends[place]


@cache
def _coverage(folders: tuple[Path, ...]) -> tuple[array, array]:
    return side_process.call(_read_coverage, folders)


def _read_coverage(folders: tuple[Path, ...]) -> tuple[array, array]:
    """The starts and the ends of the ranges that a font covers, sorted and joined."""
    files = sorted(path for folder in (FONTS, *folders) for path in fonts_in(folder))
    starts, ends = [], []
    for start, end in sorted(each for path in files for each in _ranges(path.read_bytes())):
        if starts and start <= ends[-1] + 1:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return array("I", starts), array("I", ends)


def _ranges(font: bytes) -> list[tuple[int, int]]:
    offsets = [0]
    if font[:4] == b"ttcf":
        offsets = struct.unpack_from(f">{struct.unpack_from('>I', font, 8)[0]}I", font, 12)
    return [each for offset in offsets for each in _of_table(font, _table(font, offset, b"cmap"))]


def _table(font: bytes, offset: int, name: bytes) -> int:
    (amount,) = struct.unpack_from(">H", font, offset + 4)
    records = (struct.unpack_from(">4sIII", font, offset + 12 + 16 * number) for number in range(amount))
    return next(start for tag, _, start, _ in records if tag == name)


def _of_table(font: bytes, cmap: int) -> list[tuple[int, int]]:
    (amount,) = struct.unpack_from(">H", font, cmap + 2)
    records = (struct.unpack_from(">HHI", font, cmap + 4 + 8 * number) for number in range(amount))
    tables = {cmap + start for platform, encoding, start in records if (platform, encoding) in _UNICODE}
    readers = {4: _format_4, 12: _format_12}
    formats = {start: struct.unpack_from(">H", font, start)[0] for start in tables}
    return [each for start, form in formats.items() if form in readers for each in readers[form](font, start)]


_UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}


def _format_12(font: bytes, start: int) -> list[tuple[int, int]]:
    (groups,) = struct.unpack_from(">I", font, start + 12)
    return [struct.unpack_from(">II", font, start + 16 + 12 * number) for number in range(groups)]


def _format_4(font: bytes, start: int) -> list[tuple[int, int]]:
    """Segments may have holes, so each point is looked up."""
    segments = struct.unpack_from(">H", font, start + 6)[0] // 2
    parts = [start + 14, *(start + 16 + 2 * segments * number for number in (1, 2, 3))]
    ends, starts, deltas, offsets = (struct.unpack_from(f">{segments}H", font, part) for part in parts)
    return [
        (point, point)
        for number in range(segments)
        for point in range(starts[number], ends[number] + 1)
        if point != 0xFFFF
        and _glyph(font, point - starts[number], point, deltas[number], offsets[number], parts[3] + 2 * number)
    ]


def _glyph(font: bytes, nth: int, point: int, delta: int, offset: int, place: int) -> int:
    if not offset:
        return (point + delta) & 0xFFFF
    (glyph,) = struct.unpack_from(">H", font, place + offset + 2 * nth)
    return glyph and (glyph + delta) & 0xFFFF
