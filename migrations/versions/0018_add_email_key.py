"""An e-mail address has one canonical form, by which people are found"""

import sqlalchemy as sa
from alembic import op

from portal.models.email_address import canonical, readable
from portal.models.types import text_key

revision = "0018_add_email_key"
down_revision = "0017_choose_how_to_read"

USERS = sa.table("users", sa.column("id"), sa.column("email"), sa.column("email_key"))
BATCH = 1000
SHOWN = (
    ("users", "email"),
    ("accounts", "bittitan_email"),
    ("accounts", "contact_email"),
    ("accounts", "billing_email"),
)


def upgrade() -> None:
    refuse_twins()
    op.add_column("users", sa.Column("email_key", text_key(254), nullable=False, server_default=""))
    fill = USERS.update().where(USERS.c.id == sa.bindparam("of")).values(email_key=sa.bindparam("key"))
    for people in batches():
        op.get_bind().execute(fill, [{"of": row.id, "key": canonical(row.email)} for row in people])
    op.create_index("ix_users_email_key", "users", ["email_key"], unique=True)
    for table, column in SHOWN:
        show_letters(table, column)


def show_letters(table: str, column: str) -> None:
    """Domains that a browser had rewritten."""
    of, email = sa.column("id"), sa.column(column)
    rows = sa.table(table, of, email)
    rewritten = op.get_bind().execute(sa.select(of, email).select_from(rows).where(email.like("%xn--%"))).all()
    for row_id, text in rewritten:
        op.get_bind().execute(rows.update().where(of == row_id).values({column: readable(text)}))


def downgrade() -> None:
    """The version before compared case-folded text. Who would share one with somebody else keeps the spelling, and can
    sign in again once an administrator has given one of the two another address."""
    op.drop_index("ix_users_email_key", "users")
    op.drop_column("users", "email_key")
    fold = USERS.update().where(USERS.c.id == sa.bindparam("of")).values(email=sa.bindparam("folded"))
    taken = {row.email for people in batches() for row in people}
    for row in (row for people in batches() for row in people):
        if (folded := row.email.casefold()) not in taken:
            op.get_bind().execute(fold, {"of": row.id, "folded": folded})
            taken.add(folded)


def batches():
    last = 0
    while True:
        rows = sa.select(USERS.c.id, USERS.c.email).where(USERS.c.id > last).order_by(USERS.c.id).limit(BATCH)
        people = op.get_bind().execute(rows).all()
        if not people:
            return
        yield people
        last = people[-1].id


def refuse_twins() -> None:
    """Which of two people keeps an address is for a person to say. Nothing has been changed yet."""
    known, twins = {}, []
    for row in (row for people in batches() for row in people):
        first = known.setdefault(canonical(row.email), row.id)
        if first != row.id:
            twins.append(f"{first} and {row.id}")
    if twins:
        raise RuntimeError(
            f"These people have one e-mail address in two spellings: {'; '.join(twins)} (their ids). In the version "
            "before, give one of the two another address, then upgrade again. Nothing was changed."
        )
