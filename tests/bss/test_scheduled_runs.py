"""What the schedule has compared, as the staff see it."""

import pytest

from portal.models import FindingKind
from tests.services.conftest import shop  # noqa: F401
from tests.services.desk import desk  # noqa: F401

pytestmark = pytest.mark.sqlite  # the services are tested on both


def test_what_an_assets_own_look_up_recorded_is_shown_as_done_by_the_portal(shop, world, sandbox, browse, desk):  # noqa: F811
    asset = world.asset("failed")
    held = {"OrganizationId": world.partner.organization_id, "Quantity": asset.quantity}
    sandbox.control.put_coupons([held | {"Code": "SBX-BACKUP-0001", "ExternalReference": asset.reference}])
    checked = desk.compare()
    (done,) = checked.done
    assert done.kind is FindingKind.UNRECORDED
    dana = browse("dana")
    assert "by the portal" in dana.open("bss.reconciliation.show", run_id=done.run_id, part="done").text
    assert "Settled meanwhile" in dana.open("bss.reconciliation.finding", finding_id=done.id).text
    file = dana.url("bss.reconciliation.export", run_id=done.run_id, part="done")
    assert "by the portal" in dana.raw("GET", file).text
    assert "SBX-BACKUP" not in dana.open("bss.reconciliation.show", run_id=done.run_id, part="done").body


def test_the_scheduled_ones_have_a_list_of_their_own(shop, browse, desk):  # noqa: F811
    runs = [desk.compare().run.id for _time in range(3)]
    dana = browse("dana")
    page = dana.open("bss.reconciliation.index")
    assert len(page.rows) == 1
    assert len(dana.press(page, "Scheduled only").rows) == len(runs)
