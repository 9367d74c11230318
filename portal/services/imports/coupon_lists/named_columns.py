"""Columns of a list of coupons that are named by their headings, as the command gives them."""

from collections.abc import Mapping as Dictionary

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import CouponUpload, User
from portal.services.imports import import_columns
from portal.services.imports.coupon_lists import masking, uploads
from portal.services.imports.coupon_lists.coupon_columns import LABELS, Mapping, heading_places
from portal.services.imports.reading import Choices


def read_with(upload: CouponUpload, given: Dictionary[str, str], *, by: User) -> None:
    """Reads it with these headings by field, for this time alone; an empty one: not in the file. Raises InvalidInput
    with the headings that the file has, and what `uploads.read_again` raises."""
    values = {"mapping": _mapping(upload, given), "choices": Choices.of(upload.choices), "is_remembered": False}
    uploads.read_again(upload, version=upload.version, by=by, **values)


def _mapping(upload: CouponUpload, given: Dictionary[str, str]) -> Mapping:
    """What is given counts before what is remembered, and before what a column is called."""
    chosen = {name: _heading(upload.heads, name, text) for name, text in given.items()}
    taken = [head for head in chosen.values() if head]
    if len(taken) > len(set(taken)):
        raise InvalidInput("column", _("One column cannot hold two things."))
    places = heading_places(upload.heads, upload.mapping | chosen)
    others = {name: "" for name, place in places.items() if name not in chosen and upload.heads[place] in taken}
    return upload.mapping | others | chosen


def _heading(heads: list[str], name: str, text: str) -> str:
    if name not in LABELS:
        names = ", ".join(LABELS)
        raise InvalidInput("column", _("There is no column “%(name)s”. There are: %(names)s.", name=name, names=names))
    key = import_columns.key_of(text)
    for head in heads if text else ():
        if head == text or key and import_columns.key_of(head) == key:
            return head
    if not text:
        return ""
    found = ", ".join(masking.without_code(head) or _("(no heading)") for head in heads)
    values = {"text": masking.without_code(text), "found": found}
    raise InvalidInput("column", _("The file has no heading “%(text)s”. It has: %(found)s.", **values))
