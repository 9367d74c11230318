"""The README of a leaving pack: what is in it, when it was made, and who ordered it."""

from collections.abc import Mapping

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.extensions import settings
from portal.models import LeavingPack
from portal.services import leaving_packs
from portal.services.leaving_packs.sheets import Sheet


def text_of(pack: LeavingPack, counts: Mapping[Sheet, int], documents: int) -> str:
    made = clock.now().astimezone(settings().time_zone)
    about = [
        (_("Leaving pack %(number)s", number=leaving_packs.number(pack))),
        "",
        _("For: %(name)s (%(code)s)", name=pack.account.name, code=pack.account.code),
        _("Made: %(time)s", time=f"{made:%Y-%m-%d %H:%M %Z}"),
        _("Ordered by: %(name)s", name=pack.ordered_by.name),
        "",
        _("What is in it"),
        "",
    ]
    files = [
        f"  {sheet.name:14}  {_('%(about)s: %(rows)s rows', about=sheet.about, rows=f'{rows:,}')}"
        for sheet, rows in counts.items()
    ]
    files.append(f"  {'invoices/':14}  {_('the stored PDF and XML files: %(files)s', files=f'{documents:,}')}")
    rules = [
        "",
        _("The CSV files are UTF-8, separated by commas; the first row names the columns. Instants are UTC."),
        _("A cell that a spreadsheet could run as a formula begins with an apostrophe."),
        _("assets.csv holds whole coupon codes. Whoever has a code can use its licences: keep this file safe."),
        _("Each code in it is recorded as revealed to the person who ordered the pack."),
    ]
    return "\r\n".join([*about, *files, *rules, ""])
