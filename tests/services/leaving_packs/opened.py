"""Opens leaving packs, and finds what is on record about them."""

import csv
import io
import zipfile
from collections import Counter

from sqlalchemy import select

from portal.core.csv_safe import BYTE_ORDER_MARK
from portal.extensions import db
from portal.models import AuditEntry, LeavingPack
from portal.services import leaving_packs


def archive(of: LeavingPack, by) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(leaving_packs.send(of, by=by))))


def sheet(found: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = found.read(name).decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def all_text(found: zipfile.ZipFile) -> str:
    assert found.testzip() is None
    return "\n".join(found.read(name).decode("utf-8", "replace") for name in found.namelist())


def reveals(number: str) -> Counter:
    rows = select(AuditEntry.subject_id, AuditEntry.actor_id).where(
        AuditEntry.subject == "asset", AuditEntry.act == "reveal", AuditEntry.after == number
    )
    return Counter(db.session.execute(rows).all())
