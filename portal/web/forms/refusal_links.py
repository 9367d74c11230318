"""Where the reason of a refusal can be removed, or what it names can be seen."""

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from portal.core.errors import DomainError

Link = tuple[str, str | int] | None


def link_of(link: Link) -> tuple[str, str] | None:
    """(address, text)."""
    match link:
        case ("surplus", coupon_id):
            return url_for("bss.surplus.show", coupon_id=coupon_id), _("Open the coupon")
        case ("asset", asset_id):
            return url_for("bss.assets.show", asset_id=asset_id), _("Open AS-%(id)s", id=asset_id)
        case ("account", account_id):
            return url_for("accounts.show", account_id=account_id), _("Open the account")
    return None


def sentence_with_link(refusal: DomainError) -> str:
    """With the link behind it, if there is one."""
    found = link_of(refusal.link)
    if found is None:
        return refusal.message
    return Markup('{} <a href="{}">{}</a>').format(escape(refusal.message), *found)
