from flask import render_template, request
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.models import Right
from portal.services.reconciliation.scanning import runs
from portal.web.security.guards import requires


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    rows, older = runs.page(current_user, request.args.get("before", type=int))
    return render_template("bss/reconciliation/index.html", rows=rows, older=older)
