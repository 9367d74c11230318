"""Messages about an account that was saved or looked up at BitTitan."""

from flask import flash
from flask_login import current_user

from portal.core.i18n import gettext as _
from portal.models import Account
from portal.services.accounts import Saved
from portal.services.tax import printing


def flash_saved(saved: Saved | None, *, is_new: bool = False) -> None:
    """`saved` is None if the account was saved but a worker was killed before it stored the result. The staff are
    warned of what invoices cannot print."""
    _flash_saved(saved, is_new=is_new)
    if saved is not None and current_user.is_staff:
        flash_unprintable(printing.unprintable_of_account(saved.account))


def flash_unprintable(characters: str) -> None:
    """Nothing, if there are none."""
    if characters:
        flash(
            _("Cannot be printed on invoices: %(characters)s. Give a name to print, or add a font.",
              characters=" ".join(characters)),
            "caution",
        )  # fmt: skip


def _flash_saved(saved: Saved | None, *, is_new: bool) -> None:
    if saved is None:
        flash(_("The account was created.") if is_new else _("Saved."), "positive")
    elif saved.answer is None:
        flash(
            _("The account was created.") if is_new else _("Saved.") if saved.is_changed else _("Nothing was changed."),
            "positive",
        )
    elif saved.answer.organization is None:
        flash(_("Saved, but not synchronized.") + " " + unknown_address(saved.account), "caution")
    else:
        name = saved.answer.organization.name
        flash(_("Synchronized: BitTitan knows %(email)s as %(name)s.", email=saved.answer.email, name=name), "positive")


def unknown_address(account: Account) -> str:
    return _(
        "BitTitan does not know %(email)s. Check the address; the portal never creates an account at BitTitan.",
        email=account.bittitan_email,
    )
