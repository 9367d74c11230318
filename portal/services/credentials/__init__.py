"""Credentials in the database: encrypted under the keys of CREDENTIAL_KEYS, read by workers only, and never shown."""

from sqlalchemy import select

from portal import log_masks
from portal.core import clock
from portal.core.audit import Actor
from portal.core.transaction import read_committed, transaction
from portal.extensions import db, settings
from portal.models import StoredSecret
from portal.services.credentials import sealing
from portal.services.credentials.sealing import Sealed
from portal.services.credentials.sealing import Unreadable as Unreadable

BITTITAN_PASSWORD = "bittitan password"


def can_store() -> bool:
    return bool(settings().credential_keys)


def store(name: str, text: str, *, by: Actor) -> None:
    """Inside a transaction. Replaces what was stored under this name."""
    row = _locked(name) or StoredSecret(name=name)
    sealed = sealing.seal(text, name, settings().credential_keys)
    row.key_version, row.sealed, row.stored_at = sealed.key_version, sealed.content, clock.now()
    row.stored_by = getattr(by, "name", by)
    db.session.add(row)


def delete(name: str) -> None:
    """Inside a transaction."""
    row = _locked(name)
    if row is not None:
        db.session.delete(row)


def find(name: str) -> StoredSecret | None:
    """Who stored it and when; its text stays encrypted."""
    return db.session.get(StoredSecret, name, populate_existing=True)


def read(name: str) -> str | None:
    """The plain text; None if none is stored. Uses a short connection of its own. Raises Unreadable."""
    query = select(StoredSecret.key_version, StoredSecret.sealed).where(StoredSecret.name == name)
    row = read_committed(query)
    return None if row is None else unsealed(Sealed(row.key_version, row.sealed), name)


def sealed(text: str, name: str) -> str:
    """For a text that a worker needs once. `name` says what it is for."""
    return sealing.seal(text, name, settings().credential_keys).as_text()


def unsealed(text: Sealed | str, name: str) -> str:
    """Raises Unreadable. From now on no log of this process contains the plain text."""
    sealed_text = Sealed.of_text(text) if isinstance(text, str) else text
    plain = sealing.unseal(sealed_text, name, settings().credential_keys)
    log_masks.hide([plain])
    return plain


def rotate() -> tuple[int, int]:
    """Encrypts everything under the first key again. Returns how many were changed, and how many there are.

    Web and workers may run meanwhile: they read the old or the new ciphertext, and both give the same text. Raises
    Unreadable if one of them cannot be read; then nothing is changed.
    """
    keys, changed = settings().credential_keys, 0
    with transaction():
        rows = list(db.session.scalars(_all()))
        for row in rows:
            plain = sealing.unseal(Sealed(row.key_version, row.sealed), row.name, keys)
            if row.key_version != next(iter(keys)):
                again, changed = sealing.seal(plain, row.name, keys), changed + 1
                row.key_version, row.sealed = again.key_version, again.content
    return changed, len(rows)


def _all():
    return select(StoredSecret).order_by(StoredSecret.name).with_for_update().execution_options(populate_existing=True)


def _locked(name: str) -> StoredSecret | None:
    return db.session.scalar(_all().where(StoredSecret.name == name))
