"""The form that corrects the BitTitan e-mails of several billed accounts and looks them up.

One form holds a field for each account. What is typed beside the account that is saved is kept.
"""

import re
from collections.abc import Mapping
from typing import Self

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import StringField

from portal.core import access, spelling
from portal.core.i18n import lazy as _
from portal.display.lists.list_address import row_id
from portal.models import Account, User, VendorRequest
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm

MOST = 50
_FIELD = re.compile(r"(email|version)-[1-9][0-9]{0,9}")


class LinkForm(ActForm):
    """The fields of one account."""

    bittitan_email = StringField(_("BitTitan e-mail"), filters=[strip], validators=[Text(254)])

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "email": self.bittitan_email.data or "", "by": by}

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200


class LinksForm:
    def __init__(self, typed: Mapping[str, str], pressed: str | None = None):
        self._typed = {name: text for name, text in typed.items() if _FIELD.fullmatch(name)}
        self._pressed = row_id(pressed)
        self._forms: dict[int, LinkForm] = {}
        """Of the accounts that are being saved."""

    @classmethod
    def submitted(cls) -> Self:
        return cls(request.form, request.form.get("account"))

    @classmethod
    def as_typed(cls, vendor_request: VendorRequest) -> Self:
        return cls({name: texts[0] for name, texts in vendor_request.typed["form"].items()})

    def sent(self) -> dict[str, list[str]]:
        return {name: [text] for name, text in self._typed.items()}

    def chosen(self, viewer: User) -> list[tuple[Account, LinkForm]]:
        """The account whose button was pressed; without one, all whose address was changed. Raises NotVisible."""
        ids = [self._pressed] if self._pressed else self._ids()[:MOST]
        accounts = [access.visible_account(viewer, account_id) for account_id in ids]
        return [(each, self.form(each)) for each in accounts if self._pressed or self._is_changed(each)]

    def form(self, account: Account) -> LinkForm:
        """With what was typed. An address that nobody changed comes with the account's current version."""
        if account.id not in self._forms:
            version = self._typed.get(f"version-{account.id}", "") if self._is_changed(account) else account.version
            if account.id == self._pressed:
                version = self._typed.get(f"version-{account.id}", "")
            email = self._typed.get(f"email-{account.id}", account.bittitan_email or "")
            typed = MultiDict({"version": str(version), "bittitan_email": email})
            self._forms[account.id] = LinkForm(formdata=typed, meta={"csrf": False})
        return self._forms[account.id]

    def shown(self, account: Account) -> LinkForm:
        """The form of the account as a part of the whole: with names and ids of its own."""
        form = self.form(account)
        if form.refusal:
            form.version.data = str(account.version)
        for field, name in ((form.bittitan_email, "email"), (form.version, "version")):
            field.name = field.id = f"{name}-{account.id}"
        return form

    def forget(self, account: Account) -> None:
        """It was saved, so what was typed for it is done with."""
        for name in (f"email-{account.id}", f"version-{account.id}"):
            self._typed.pop(name, None)
        self._forms.pop(account.id, None)

    def holds_more(self, viewer: User) -> bool:
        """Whether something is typed that is not saved."""
        return any(self._is_changed(access.visible_account(viewer, account_id)) for account_id in self._ids())

    @property
    def refusals(self) -> list[str]:
        return [str(form.refusal.message) for form in self._forms.values() if form.refusal]

    @property
    def status(self) -> int:
        return max((form.status for form in self._forms.values()), default=200)

    def _ids(self) -> list[int]:
        return [int(name.removeprefix("email-")) for name in self._typed if name.startswith("email-")]

    def _is_changed(self, account: Account) -> bool:
        """A browser may have written the same address in another spelling."""
        typed = self._typed.get(f"email-{account.id}", account.bittitan_email or "")
        return not spelling.is_same("bittitan_email", account.bittitan_email, typed.strip())
