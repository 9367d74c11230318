"""Codes for assets that failed, from a file: offered, checked at BitTitan, attached where a person ticks them."""

import pytest

from portal.core import errors, failpoints
from portal.models import Asset, CodeResult, ImportState, Role, RowResult
from portal.services import imports
from portal.services.imports import attaching
from tests.files import asset as record
from tests.files import bring, written
from tests.services.marks import issued
from tests.services.shop import at_once

pytestmark = pytest.mark.sqlite

CODE, OTHER = "SBX-HAND-0001", "SBX-HAND-0002"


@pytest.fixture
def read(shop, world, work):
    """`read([{"Number": …, "Coupon code": …}])`: uploaded, and checked by a worker."""

    def upload(rows: list[dict]):
        file = bring(world, written(rows))
        if file.state is ImportState.READING:
            work.drain()
        return again(file)

    def again(file):
        with shop.app.app_context():
            return imports.one(file.id)

    upload.again = again
    return upload


@pytest.fixture
def press(shop, read):
    """Applies the file with these lines ticked, as dana."""

    def apply(file, *lines: int):
        with shop.app.app_context():
            imports.ask_to_apply(imports.one(file.id), skip_faulty=True, by=shop.dana, accepted=lines)

    return apply


def code_for(asset, code: str = CODE) -> dict[str, str]:
    return {"Number": f"AS-{asset.id}", "Coupon code": code}


def results(shop, file) -> list[tuple[int, CodeResult | None, str]]:
    with shop.app.app_context():
        return [(each.asset_id, each.result, each.told) for each in attaching.results(imports.one(file.id))]


def reasons(shop, file, verdict=RowResult.FAULTY) -> str:
    with shop.app.app_context():
        lines, _further = imports.findings(file, verdict, 0)
        return " ".join(why for _line, told in lines for _column, why in told)


def test_a_ticked_code_is_attached_and_another_is_not(shop, world, work, read, press, issue, sandbox):
    first, second = world.asset(), world.asset()
    issue(first.id, CODE)
    issue(second.id, OTHER)
    file = read([code_for(first), code_for(second, OTHER)])
    assert (file.state, file.attach_count, file.differs_count, file.new_count) == (ImportState.READ, 2, 0, 0)
    assert [result for _id, result, _told in results(shop, file)] == [CodeResult.MATCH, CodeResult.MATCH]
    assert "as ordered" in results(shop, file)[0][2]
    press(file, 2)
    assert read.again(file).state is ImportState.APPLYING  # a request asks BitTitan nothing
    assert shop.code(first.id) is None
    work.drain()
    assert read.again(file).state is ImportState.APPLIED
    assert (shop.code(first.id), shop.status(first.id)) == (CODE, "synchronized")
    assert (shop.code(second.id), shop.status(second.id)) == (None, "failed")
    assert [result for _id, result, _told in results(shop, file)] == [CodeResult.ATTACHED, CodeResult.MATCH]
    assert "Imported from old.csv, line 2" in [entry.why for entry in shop.audit(first.id) if entry.act == "attach"]
    assert sandbox.control.purchases() == []
    assert read([code_for(first)]).same_count == 1


@pytest.mark.parametrize("status", ["Failed", "Synchronized"])
def test_a_whole_record_with_the_code_is_attached_too(shop, world, work, read, press, issue, status):
    """As an export of failed assets comes back with its codes filled in, or another system’s with what it knows."""
    made = world.asset(external_id="OLD-1", name="Mailboxes")
    row = record(1, Status=status, Purchase_Date=str(made.purchased_on), Product=world.mailbox.name) | {
        "BitTitan's Coupon Code": CODE, "Validity(days)": "365",
    }  # fmt: skip
    issue(made.id, CODE)
    file = read([row])
    assert file.attach_count == 1, reasons(shop, file) + reasons(shop, file, RowResult.DIFFERS)
    press(file, 2)
    work.drain()
    assert shop.code(made.id) == CODE


def test_what_bittitan_shows_as_something_else_is_not_attached_even_if_ticked(shop, world, work, read, press, issue):
    wrong, unknown, spent = world.asset(), world.asset(), world.asset()
    issue(wrong.id, CODE, Quantity=24)
    issue(spent.id, OTHER, Status="Redeemed")
    file = read([code_for(wrong), code_for(unknown, "SBX-HAND-0009"), code_for(spent, OTHER)])
    told = {asset_id: (result, why) for asset_id, result, why in results(shop, file)}
    assert {result for result, _why in told.values()} == {CodeResult.REFUSED}
    assert "knows no such code" in told[unknown.id][1]
    assert "on the asset’s page" in told[spent.id][1]
    press(file, 2, 3, 4)
    work.drain()
    assert [shop.code(each.id) for each in (wrong, unknown, spent)] == [None, None, None]
    assert read.again(file).state is ImportState.APPLIED


def test_while_bittitan_does_not_answer_nothing_is_attached(
    shop, world, work, read, press, sandbox, issue, monkeypatch
):
    monkeypatch.setattr(attaching, "PATIENCE", 1)
    made = [world.asset(), world.asset()]
    issue(made[0].id, CODE)
    sandbox.control.fault("checkCoupons", "html", times=None)
    file = read([code_for(made[0]), code_for(made[1], OTHER)])
    assert {result for _id, result, _told in results(shop, file)} == {CodeResult.REFUSED}
    assert "BitTitan was not asked" in results(shop, file)[1][2]
    press(file, 2)
    work.drain()
    assert shop.code(made[0].id) is None


def test_one_code_twice_is_refused(shop, world, read, issue):
    first, second = world.asset(), world.asset()
    issue(first.id)
    file = read([code_for(first), code_for(second)])
    assert (file.attach_count, file.faulty_count) == (0, 2)
    assert "It is on 2 lines" in reasons(shop, file)


def test_two_codes_for_one_asset_are_refused(shop, world, read, issue):
    made = world.asset()
    issue(made.id, CODE)
    issue(made.id, OTHER)
    file = read([code_for(made), code_for(made, OTHER)])
    assert [result for _id, result, _told in results(shop, file)] == [CodeResult.REFUSED] * 2
    assert "Several lines" in results(shop, file)[0][2]


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review", "synchronized"])
def test_only_what_failed_is_offered(shop, world, read, issue, status):
    made = world.asset(status)
    issue(made.id)
    file = read([code_for(made)])
    assert (file.attach_count, file.differs_count) == (0, 1)


def test_a_code_of_another_asset_is_refused(shop, world, read):
    held, made = world.asset("synchronized", code=CODE), world.asset()
    file = read([code_for(made)])
    assert file.faulty_count == 1
    assert f"AS-{held.id}" in reasons(shop, file)


def test_a_list_of_codes_makes_nothing_new(shop, world, read):
    file = read([{"Asset ID": "OLD-9", "Coupon code": CODE}, {"Asset ID": "", "Coupon code": OTHER}])
    assert (file.faulty_count, file.new_count) == (2, 0)
    assert "There is no such asset" in reasons(shop, file)


def test_an_attempt_that_was_opened_meanwhile_leaves_the_code_out(shop, world, work, read, press, issue):
    made = world.asset()
    issue(made.id)
    file = read([code_for(made)])
    world.edit(world.find(type(made), made.id), sync_status="unconfirmed")
    press(file, 2)
    work.drain()
    assert shop.code(made.id) is None
    assert read.again(file).state is ImportState.READ
    assert "nothing was changed" in read.again(file).problem


@pytest.mark.parametrize("point", ["attach: before commit", "attach: after commit"])
def test_a_worker_that_is_killed_in_between_attaches_nothing_twice(shop, world, work, read, press, issue, point):
    first, second = world.asset(), world.asset()
    issue(first.id, CODE)
    issue(second.id, OTHER)
    file = read([code_for(first), code_for(second, OTHER)])
    press(file, 2, 3)
    with failpoints.listen(lambda name: (_ for _ in ()).throw(Killed) if name == point else None):
        with pytest.raises(Killed):
            work.drain()
    assert read.again(file).state is ImportState.APPLYING
    work.later(3600)
    assert read.again(file).state is ImportState.APPLIED
    assert (shop.code(first.id), shop.code(second.id)) == (CODE, OTHER)
    assert [result for _id, result, _told in results(shop, file)] == [CodeResult.ATTACHED] * 2
    for each in (first, second):
        assert len([entry for entry in shop.audit(each.id) if entry.act == "attach" and entry.field == "code"]) == 1


class Killed(BaseException):
    pass


def test_two_workers_at_once_attach_once(shop, world, work, read, press, issue):
    """The lease of a slow one has run out."""
    made = world.asset()
    issue(made.id)
    file = read([code_for(made)])
    press(file, 2)

    def go_on() -> None:
        with shop.app.app_context():
            imports.apply(imports.one(file.id))

    at_once(2, go_on)
    go_on()
    assert (read.again(file).state, shop.code(made.id)) == (ImportState.APPLIED, CODE)
    assert results(shop, file)[0][1] is CodeResult.ATTACHED


def test_pressing_twice_attaches_once(shop, world, work, read, press, issue):
    made = world.asset()
    issue(made.id)
    file = read([code_for(made)])
    press(file, 2)
    with pytest.raises(errors.Conflict, match="being applied already"):
        press(file, 2)
    work.drain()
    with pytest.raises(errors.Conflict, match="has been applied already"):
        press(file, 2)
    with shop.app.app_context(), pytest.raises(errors.Conflict):
        imports.discard(imports.one(file.id))
    assert shop.code(made.id) == CODE


def test_one_code_in_two_files_is_attached_once(shop, world, work, read, press, issue):
    first, second = world.asset(), world.asset()
    issue(first.id)
    files = [read([code_for(first)]), read([code_for(second)])]
    for file in files:
        press(file, 2)
    work.drain()
    work.later(3600)
    assert sorted([shop.code(first.id) or "", shop.code(second.id) or ""]) == ["", CODE]


def test_who_lost_the_right_attaches_nothing(shop, world, work, read, press, issue):
    made = world.asset()
    issue(made.id)
    file = read([code_for(made)])
    press(file, 2)
    world.edit(world.dana, role=Role.VIEWER)
    work.drain()
    assert shop.code(made.id) is None
    assert "may not attach" in results(shop, file)[0][2]


def test_new_rows_and_codes_of_one_file_are_both_taken(shop, world, work, read, press, issue):
    made = world.asset(external_id="OLD-1", name="Mailboxes")
    issue(made.id, CODE)
    row = record(1, Purchase_Date=str(made.purchased_on), Product=world.mailbox.name) | {
        "BitTitan's Coupon Code": CODE, "Validity(days)": "365",
    }  # fmt: skip
    file = read([row, record(2, Product=world.mailbox.name)])
    assert (file.attach_count, file.new_count) == (1, 1)
    press(file, 2)
    work.drain()
    done = read.again(file)
    assert (done.state, shop.code(made.id)) == (ImportState.APPLIED, CODE)
    assert len(shop.all(Asset, Asset.external_id == "OLD-2")) == 1


def test_by_the_command(shop, world, issue, tmp_path):
    made, other = world.asset(), world.asset()
    issue(made.id, CODE)
    path = tmp_path / "codes.csv"
    path.write_bytes(written([code_for(made), code_for(other, OTHER)]))
    run = shop.app.test_cli_runner().invoke
    dry = run(args=["assets", "import", str(path)]).output
    assert f"the code for AS-{made.id}, which failed, is left out, unless --take-line 2 is given" in dry
    assert f"the code for AS-{other.id}, which failed, is not attached" in dry
    assert shop.code(made.id) is None
    done = run(args=["assets", "import", str(path), "--apply", "--take-line", "2"])
    assert (done.exit_code, shop.code(made.id)) == (0, CODE), done.output
    assert f"the code for AS-{made.id}, which failed, is attached" in done.output
    assert [entry.actor for entry in shop.audit(made.id) if entry.act == "attach"][0] == "command line"


def test_a_coupon_that_is_being_revoked_is_no_match(shop, desk, world, sandbox, read, issue):
    """BitTitan shows it as ordered until it has carried the revocation out."""
    asset = world.asset()
    issue(asset.id, CODE, ExternalReference=asset.reference)
    held = issued(shop, sandbox, asset.id)
    desk.revoke(world.surplus(asset, code=CODE, bittitan_id=held["Id"], status=None).id)
    sandbox.control.fault("revokeCoupon", "drop_before")
    ((_id, result, told),) = results(shop, read([code_for(asset)]))
    assert result is CodeResult.REFUSED
    assert "being asked to revoke" in told
