"""The logo on invoices: PNG or JPEG, checked by its content and kept in the database."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from portal.core import audit
from portal.core.audit import Actor
from portal.core.errors import InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Company

MOST_BYTES = 200 * 1024
MOST_PIXELS = 4000
"""Of each side."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG that hold the size."""


@dataclass(frozen=True)
class Logo:
    content: bytes
    kind: str
    """Its media type."""


def checked(content: bytes, field: str = "logo") -> Logo:
    """Raises InvalidInput for what is no whole PNG or JPEG, or is too large."""
    if len(content) > MOST_BYTES:
        raise InvalidInput(field, _("The file is too large: use at most %(most)s KB.", most=MOST_BYTES // 1024))
    kind, read = next(
        ((kind, read) for start, kind, read in _READERS if content.startswith(start)), (None, None)
    )  # fmt: skip
    if kind is None:
        raise InvalidInput(field, _("Use a PNG or JPEG file."))
    try:
        width, height = read(content)
    except (ValueError, struct.error, IndexError, zlib.error) as damaged:
        raise InvalidInput(field, _("The picture is damaged. Export it again.")) from damaged
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise InvalidInput(field, _("Use at most %(most)s pixels in each direction.", most=MOST_PIXELS))
    return Logo(content, kind)


def stored() -> Logo | None:
    content, kind = db.session.execute(select(Company.logo, Company.logo_kind)).one()
    return None if content is None else Logo(content, kind)


def current() -> Logo:
    """Raises NotVisible if there is none."""
    logo = stored()
    if logo is None:
        raise NotVisible()
    return logo


def set_logo(company: Company, logo: Logo | None, *, by: Actor) -> bool:
    """Inside a transaction that has locked the company. The log has the SHA-256, not the picture."""
    digest = logo and hashlib.sha256(logo.content).hexdigest()
    if not audit.changes("company", company, {"logo_sha256": digest}, act="change", by=by):
        return False
    company.logo, company.logo_kind = (logo.content, logo.kind) if logo else (None, None)
    return True


def _png_size(content: bytes) -> tuple[int, int]:
    """Raises ValueError if a checksum is wrong, or the end is missing."""
    kinds = []
    for kind, data in _chunks(content):
        kinds.append(kind)
        if kind == b"IHDR":
            size = struct.unpack(">II", data[:8])
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise ValueError("not a whole PNG")
    return size


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG)
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        named = content[place + 4 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, place + 8 + length)
        if zlib.crc32(named) != checksum:
            raise ValueError("a wrong checksum")
        yield named[:4], named[4:]
        place += 12 + length


def _jpeg_size(content: bytes) -> tuple[int, int]:
    if not content.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise ValueError("no end of the picture")
    place = 2
    while content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += 2 + struct.unpack_from(">H", content, place + 2)[0]
    raise ValueError("no frame")


_READERS = ((_PNG, "image/png", _png_size), (_JPEG, "image/jpeg", _jpeg_size))
