"""What builders of test data share."""

from datetime import UTC, datetime

from portal.extensions import db


def saved(row):
    """Inside a transaction."""
    db.session.add(row)
    db.session.flush()
    return row


def now() -> datetime:
    return datetime.now(UTC)
