"""Setup > Users: the users of all accounts."""

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.display.lists.columns import shown
from portal.display.lists.list_address import is_row_id
from portal.display.lists.user_columns import COLUMNS
from portal.models import Account, Right, User
from portal.services.users import user_list
from portal.web.filters import number
from portal.web.pages.pagination import Paged, render_list
from portal.web.security.guards import requires
from portal.web.urls import url_for

NAMES = ("q", "account")
bp = Blueprint("users", __name__, url_prefix="/setup/users")


@bp.get("")
@requires(Right.EDIT_USERS)
def index():
    return _index(request.args)


@bp.post("/searches")
@requires(Right.EDIT_USERS)
def search():
    return list_search.answer(current_user, request.form, address_of=_address, show=_index)


def _index(args: MultiDict):
    return render_list("bss/setup/users/index.html", UsersList(current_user, args))


def _address(args: MultiDict) -> str:
    return Paged(args, path=url_for(".index"), names=NAMES).href({})


class UsersList(Paged):
    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.users.index"), names=NAMES)
        self.columns = shown(COLUMNS, viewer)
        self.note: str | None = None
        self.account = self._account(viewer)
        search = (viewer, self.kept.get("q", ""), self.account)
        self.slice = user_list.page(*search, self.place)
        self.count = user_list.count(*search)

    @property
    def showing(self) -> str:
        return _("%(shown)s of %(total)s", shown=number(len(self.slice.rows)), total=number(self.count))

    def _account(self, viewer: User) -> Account | None:
        text = self.kept.pop("account", "")
        try:
            account = access.visible_account(viewer, int(text)) if is_row_id(text) else None
        except NotVisible:
            account = None
        if account is not None:
            self.kept["account"] = text
        elif text:
            self.note = _("There is no such account; all people are shown.")
        return account
