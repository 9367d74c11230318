"""Tools > Audit log: all entries, with filters, search and a file."""

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.audit import audit_export
from portal.bss.audit.audit_listing import AuditList, list_address
from portal.display.lists import list_search
from portal.models import Right
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires

bp = Blueprint("audit", __name__, url_prefix="/tools/audit")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_TOOLS)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


def _list(args: MultiDict):
    shown = AuditList(current_user, args)
    if args.get("format") == "csv":
        return audit_export.as_csv(shown.filters)
    return render_list("bss/audit/index.html", shown.read())
