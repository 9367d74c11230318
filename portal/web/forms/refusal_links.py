"""Links from a refusal to the page where its reason can be seen or removed."""

from markupsafe import Markup

from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.web.urls import url_for

Link = tuple[str, str | int | list[tuple[int, str]]] | None


def link_of(link: Link) -> tuple[str, str] | None:
    """Returns (address, text), or None."""
    match link:
        case ("surplus", coupon_id):
            return url_for("bss.surplus.show", coupon_id=coupon_id), _("Open the coupon")
        case ("asset", asset_id):
            return url_for("bss.assets.show", asset_id=asset_id), _("Open AS-%(id)s", id=asset_id)
        case ("account", account_id):
            return url_for("accounts.show", account_id=account_id), _("Open the account")
    return None


def sentence_with_link(refusal: DomainError) -> str:
    """Returns the message, followed by its links if there are any."""
    links = _links_of(refusal.link)
    if not links:
        return refusal.message
    shown = Markup(", ").join(Markup('<a href="{}">{}</a>').format(*link) for link in links)
    return Markup("<span>{} {}</span>").format(refusal.message, shown)  # one box: the error is a row of boxes


def _links_of(link: Link) -> list[tuple[str, str]]:
    match link:
        case ("price lists", lists):
            return [(url_for("bss.price_lists.edit", list_id=list_id), name) for list_id, name in lists]
    one = link_of(link)
    return [] if one is None else [one]
