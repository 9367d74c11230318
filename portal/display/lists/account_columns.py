"""The columns of the list of accounts."""

from portal.core.i18n import lazy
from portal.display.lists.columns import Column, Kind

COLUMNS = (
    Column("name", lazy("Name"), cell="name", head_css="table__main"),
    Column("code", lazy("Code"), "code", css="nowrap"),
    Column("kind", lazy("Type"), cell="kind"),
    Column("under", lazy("Belongs to"), cell="under", is_for=lambda user: user.is_staff),
    Column("link", lazy("BitTitan"), cell="link"),
    Column("country", lazy("Country"), cell="country"),
    Column("since", lazy("Since"), "created_at", Kind.DATE),
)
