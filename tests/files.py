"""Files as other systems write them, and how they are brought."""

import csv
import io
import unicodedata
import uuid
from collections.abc import Iterable
from pathlib import Path

from flask import has_app_context

from portal.core.spreadsheet_damage import is_left_by_a_program
from portal.models import Import
from portal.services import imports
from portal.services.imports import import_values
from tests.build import World

DATA = Path(__file__).parent / "data"
CASES = DATA / "cases"
"""Small files that went wrong somewhere, as they came."""
ACCOUNTS = (DATA / "accounts-export.csv").read_bytes()
ASSETS = (DATA / "assets-export.csv").read_bytes()

ASSET_HEADS = (
    "Asset ID", "Name", "Product", "Customer Code", "Billing To Code", "Quantity", "Provisioning Sync Status",
    "Purchase Date", "Expire(days)", "Validity(days)", "BitTitan's Coupon Code",
)  # fmt: skip
ACCOUNT_HEADS = (
    "Code", "Name", "Type", "Parent Code", "BitTitan E-mail", "Billing E-mail", "Country", "Currency", "VAT Number",
)  # fmt: skip
ASSET = {
    "Asset ID": "OLD-1", "Name": "Mailboxes", "Product": "BitTitan Mailbox License", "Customer Code": "BRIGHT",
    "Billing To Code": "NORTH", "Quantity": "25", "Provisioning Sync Status": "Synchronized",
    "Purchase Date": "31/12/2024", "Expire(days)": "365", "Validity(days)": "180",
    "BitTitan's Coupon Code": "OLDCODE0000000001",
}  # fmt: skip
FAILED = {"Provisioning Sync Status": "Failed", "BitTitan's Coupon Code": ""}
ACCOUNT = {
    "Code": "NEW-1", "Name": "Newcomer", "Type": "customer", "Parent Code": "NORTH", "BitTitan E-mail": "",
    "Billing E-mail": "bills@newcomer.example", "Country": "DE", "Currency": "EUR", "VAT Number": "",
}  # fmt: skip


def asset(number: int = 1, **cells: str) -> dict[str, str]:
    """A good record of its own; `cells` by the heads' words with underscores."""
    own = {"Asset ID": f"OLD-{number}", "BitTitan's Coupon Code": f"OLDCODE{number:010}"}
    return ASSET | own | _named(cells, ASSET_HEADS)


def failed(number: int = 1, **cells: str) -> dict[str, str]:
    return asset(number) | FAILED | _named(cells, ASSET_HEADS)


def account(code: str = "NEW-1", **cells: str) -> dict[str, str]:
    return ACCOUNT | {"Code": code} | _named(cells, ACCOUNT_HEADS)


def written(rows: Iterable[dict[str, str]], *, heads=None, delimiter=",", end="\n", encoding="utf-8") -> bytes:
    rows = list(rows)
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # which knows no line end but its own
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    heads = heads or list(rows[0])
    writer.writerow(heads)
    writer.writerows([row.get(head, "") for head in heads] for row in rows)
    return text.getvalue().encode(encoding)


def bring(world: World, content: bytes, name: str = "old.csv") -> Import:
    """As dana does in the browser: read at once, or left for a worker if it is large."""

    def receive() -> Import:
        row = imports.receive(file=io.BytesIO(content), name=name, by=world.dana)
        return imports.one(row.id)

    if has_app_context():
        return receive()
    with world.app.app_context():
        return receive()


def apply(world: World, file: Import, *, skip_faulty: bool = False) -> Import:
    imports.ask_to_apply(file, skip_faulty=skip_faulty, by=world.dana)
    return imports.one(file.id)


def form_with(content: bytes, name: str, *, field: str = "file", **fields: str) -> dict:
    """What a browser sends for a form with a file: arguments for the test client."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{text}'.encode() for key, text in fields.items()]
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    parts.append(head.encode() + content)
    body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=cut"}


def counts(file: Import) -> tuple[int, int, int, int]:
    """New, the same, different, faulty."""
    return file.new_count, file.same_count, file.differs_count, file.faulty_count


def accounts_with_a_fault(world: World) -> Import:
    """One row that can be taken, one that cannot."""
    own = uuid.uuid4().hex[:12]
    rows = [account(f"A-{own}", Name=f"Good {own}"), account(f"B-{own}", Name=f"Bad {own}", Currency="nothing")]
    return bring(world, written(rows))


def _named(cells: dict[str, str], heads: tuple[str, ...]) -> dict[str, str]:
    """`Purchase_Date="…"` or `Coupon="…"`: the only head that holds these words."""
    found = {}
    for words, text in cells.items():
        fitting = [head for head in heads if words.replace("_", " ") in head]
        exact = [head for head in fitting if head == words.replace("_", " ")]
        (head,) = exact or fitting
        found[head] = text
    return found


def is_no_name(text: str) -> bool:
    """Damaged, left by a program, or without a mark that can be seen."""
    plain = import_values.plain(text)
    can_be_seen = any(unicodedata.category(mark) not in ("Cf", "Zs") for mark in plain)
    return not can_be_seen or "\ufffd" in text or is_left_by_a_program(plain)
