"""What a person had typed when the session expired: kept for a day, and returned once, only to that person."""

import json
from datetime import datetime, timedelta

from sqlalchemy import delete

from portal.core import clock, tokens
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Draft, User

KEPT = timedelta(days=1)
LARGEST = 64 * 1024
_MOST_PER_PERSON = 20

Fields = dict[str, list[str]]


def keep(user: User, path: str, fields: Fields) -> str | None:
    """Returns the token for `take`; None if there is nothing to keep, or too much."""
    if not fields or len(path) > 500 or len(json.dumps(fields)) > LARGEST:
        return None
    token, stored = tokens.make()
    with transaction():
        if db.session.query(Draft).filter_by(user_id=user.id).count() >= _MOST_PER_PERSON:
            return None
        db.session.add(Draft(token_hash=stored, user_id=user.id, path=path, fields=fields, created_at=clock.now()))
    return token


def take(user: User, token: str, path: str) -> Fields | None:
    """Compare-and-delete: of two requests at once, only one gets it."""
    with transaction():
        statement = delete(Draft).where(
            Draft.token_hash == tokens.digest(token),
            Draft.user_id == user.id,
            Draft.path == path,
            Draft.created_at > clock.now() - KEPT,
        )
        return db.session.scalar(statement.returning(Draft.fields))


def delete_expired(now: datetime) -> None:
    db.session.execute(delete(Draft).where(Draft.created_at < now - KEPT))
