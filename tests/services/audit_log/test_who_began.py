"""Who pressed has done it, also if the worker carried it out later."""

from portal.core import audit
from portal.core.paging import Place
from portal.services import audit_log
from portal.services.audit_log import Filters


def found(app, **filters) -> list[tuple[str, str | None, str | None]]:
    with app.app_context():
        return [(entry.act, entry.field, entry.via) for (entry,) in audit_log.page(Filters(**filters), Place()).rows]


def test_what_the_worker_did_is_found_under_who_pressed(app, world, shop, work):
    asset_id = shop.order()
    work.drain()
    shop.cancel(asset_id)
    work.drain()
    of_dana = found(app, person_id=world.dana.id)
    assert {
        ("sync", "code", audit.WORKER),
        ("revoke", "code", None),
        ("revoked", "code", audit.WORKER),
        ("cancel", "lifecycle", audit.WORKER),
    } <= set(of_dana)
    assert {entry.actor for entry in shop.audit(asset_id)} == {world.dana.name}
    assert found(app, process=audit.WORKER) == []


def test_a_failure_belongs_to_who_pressed_last(app, world, shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", times=None)
    asset_id = shop.order()
    work.drain()
    shop.press(asset_id)
    world.edit(shop.attempt(asset_id), requested_by_id=world.dora.id)
    work.drain()
    entry = shop.audit(asset_id)[-1]
    assert (entry.after, entry.actor_id, entry.actor, entry.via) == (
        "failed", world.dora.id, world.dora.name, audit.WORKER,
    )  # fmt: skip


def test_what_nobody_told_the_worker_to_do_is_its_own(app, world):
    with app.app_context(), world.transaction():
        audit.record("asset", 1, "overrule", by=audit.process_for(None))
    assert found(app, process=audit.WORKER) == [("overrule", None, None)]
