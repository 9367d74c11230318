"""A text for BitTitan's support about one difference, to copy: Id, reference and both sides, and no code."""

from portal.core.i18n import gettext as _
from portal.display.reconciliation import both_sides
from portal.display.wording.finding_wording import kind_words
from portal.services.reconciliation.viewing.present import CurrentFinding

NEVER = ("code", "with_id", "surplus")
"""Lines with a code, or with a part of one."""


def of(row: CurrentFinding) -> str:
    lines = [_("Our record and yours differ: %(what)s.", what=kind_words(row.finding.kind)), ""]
    for line in both_sides.lines(row):
        if line.name not in NEVER and (line.here or line.there):
            told = {"label": line.label, "here": _plain(line.here), "there": _plain(line.there)}
            lines.append(_("%(label)s: ours %(here)s, yours %(there)s", **told))
    return "\n".join(lines)


def _plain(value: object) -> str:
    text = getattr(value, "striptags", lambda: value)()
    return str(text or _("none"))
