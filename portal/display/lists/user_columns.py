"""The columns of the list of users."""

from portal.core.i18n import lazy
from portal.display.lists.columns import Column

COLUMNS = (
    Column("name", lazy("Name"), cell="name", head_css="table__main"),
    Column("account", lazy("Account"), cell="account"),
    Column("role", lazy("Role"), cell="role"),
    Column("signed-in", lazy("Last signed in"), cell="signed_in"),
)
