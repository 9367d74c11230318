"""Pages to which a run's page leads and that are not there yet."""

from portal.bss.reconciliation.area import bp
from portal.core.errors import NotVisible
from portal.models import Right
from portal.web.security.guards import requires


@bp.get("/findings/<int:finding_id>")
@requires(Right.SEE_TOOLS)
def finding(finding_id):
    raise NotVisible()


@bp.post("/runs/<int:run_id>/apply")
@requires(Right.USE_TOOLS)
def apply(run_id):
    raise NotVisible()
