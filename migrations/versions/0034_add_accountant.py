"""People may be accountants"""

import sqlalchemy as sa
from alembic import op

revision = "0034_add_accountant"
down_revision = "0033_create_payments"

ROLES = ("'admin', 'operator', 'viewer'", "'admin', 'operator', 'accountant', 'viewer'")
CHECK = "ck_users_role"


def upgrade() -> None:
    _allow(*ROLES)


def downgrade() -> None:
    """An accountant becomes a viewer: no role of before may do less."""
    op.execute("UPDATE users SET role = 'viewer', version = version + 1 WHERE role = 'accountant'")
    _allow(*reversed(ROLES))


def _allow(before: str, after: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f(CHECK), "users", type_="check")
        op.create_check_constraint(op.f(CHECK), "users", f"role IN ({after})")
        return
    made = connection.scalar(sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'users'"))
    if made.count(f"role IN ({before})") != 1:
        raise RuntimeError(f"{CHECK} is not as expected: {made}")
    changed = made.replace(f"role IN ({before})", f"role IN ({after})")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()  # as in 0012: the table stays as it is
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'users'", (changed,))
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
