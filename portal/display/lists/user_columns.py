"""The columns of the list of users."""

from portal.display.lists.columns import Column
from portal.web.language import lazy

COLUMNS = (
    Column("name", lazy("Name"), cell="name", head_css="table__main"),
    Column("account", lazy("Account"), cell="account"),
    Column("role", lazy("Role"), cell="role"),
    Column("signed-in", lazy("Last signed in"), cell="signed_in"),
)
