"""Who is faster gets it; everybody else is told the present state; and the journal counts what was bought."""

from itertools import count

from portal.models import Asset, Import, ImportState, SyncStatus
from tests import files
from tests.proof.crowd import Answer, Click, click, command, released_together, signed_in
from tests.proof.place import Place
from tests.proof.processes import worker_beside
from tests.sandbox_process import MAILBOX_LICENSE
from tests.services.bulk_retries.bulk import Bulk

CROWD = 60
COMMANDS = 4
FEW = 6
BADGES = ("Synchronizing…", "Checking with BitTitan", "Synchronized")
TOLD = (
    "The asset is cancelled",
    "is being synchronized already",
    "An attempt has just started",
    "has its coupon code",
    "already recorded with AS-",
    "Somebody changed",
    "It has just been started",
    "What can be sent has changed",
    "Nothing can be sent now",
    "This file has been applied already",
    "This file is being applied already",
)


class Race:
    """On one place, for any number of rounds, each on an asset of its own; workers work beside."""

    def __init__(self, place: Place):
        self._place = place
        self._bulk = Bulk(place.shop)
        self._files = count(1)
        self._people = [signed_in(place.app, person.email) for person in (place.world.dana, place.world.dora)]

    def presses(self) -> None:
        """64 at once: two people at pages, some of them saving the form, and the command line."""
        asset = self._place.world.asset()
        clicks = self._presses(asset, CROWD // 2) + self._saves(asset, CROWD // 2)
        commands = [command(self._place.app, "assets", "resync", asset.number) for _ in range(COMMANDS)]
        with worker_beside(self._place.app):
            by_page, by_command = released_together(self._place.app, clicks, commands)
        self._one_was_first([*by_page, *by_command])
        is_saved = any(each.is_done for each in by_page[CROWD // 2 :])
        self._bought(asset, times=1)
        assert self._place.shop.asset(asset.id).name == ("Saved" if is_saved else asset.name)

    def press_against_cancel(self) -> None:
        asset = self._place.world.asset()
        presses, cancels = self._against(asset, self._cancellations(asset))
        self._one_was_first([*presses, *cancels])
        is_cancelled = any(each.is_done for each in cancels)
        self._bought(asset, times=0 if is_cancelled else 1)
        assert self._place.shop.asset(asset.id).is_active is not is_cancelled

    def press_against_attach(self) -> None:
        asset = self._place.world.asset()
        presses, attached = self._against(asset, self._attachments(asset))
        done = [each for each in attached if each.is_done]
        refused = [each for each in attached if not each.is_done]
        self._one_was_first([*presses, *done[:1], *refused], also=422)  # its own code once more changes nothing
        is_attached = bool(done)
        self._bought(asset, times=0 if is_attached else 1)
        assert (self._place.shop.code(asset.id) == f"BY-HAND-{asset.id}") is is_attached

    def bulk_retries(self) -> None:
        """64 at once: Start of one list by two people, the badge of its asset, and the command line."""
        asset = self._place.world.asset()
        retry = self._bulk.pick(asset)
        starts = self._same(CROWD // 2, lambda person: click(person, self._preview(person, retry), "Start"))
        commands = [command(self._place.app, "assets", "resync", asset.number) for _ in range(COMMANDS)]
        with worker_beside(self._place.app):
            by_page, by_command = released_together(
                self._place.app, [*starts, *self._presses(asset, CROWD // 2)], commands
            )
        started, pressed = by_page[: CROWD // 2], [*by_page[CROWD // 2 :], *by_command]
        self._told([*started, *pressed])
        assert (_done(started), _done(pressed)) in [(1, 0), (0, 1), (1, 1)]
        self._place.finish_retries()
        self._bought(asset, times=1)
        ended = {"synchronized"} if not _done(pressed) else {"left_out", "stale"}
        assert not _done(started) or set(self._bulk.outcomes(retry)) <= ended

    def imports(self) -> None:
        """64 at once: one file applied by two people and brought by the command line; then what it holds is pressed."""
        number = next(self._files)
        content = files.written([self._by_hand(number), files.failed(1000 + number)])
        file = files.bring(self._place.world, content)
        path = self._place.app.config["PORTAL"].data_dir / "old.csv"
        path.write_bytes(content)
        clicks = self._same(CROWD, lambda person: click(person, self._file(person, file), "Take 2 rows"))
        commands = [command(self._place.app, "assets", "import", str(path), "--apply") for _ in range(COMMANDS)]
        by_page, by_command = released_together(self._place.app, clicks, commands)
        self._one_was_first(by_page)
        self._told(by_command)
        states = {row.state for row in self._place.shop.all(Import, Import.id == file.id)}
        assert states == {ImportState.APPLIED}, (states, by_page, by_command)
        assert len(self._place.applications(file.id)) == 1
        (with_code,) = self._place.shop.all(Asset, Asset.external_id == f"OLD-{number}")
        (asset,) = self._place.shop.all(Asset, Asset.external_id == f"OLD-{1000 + number}")
        assert (with_code.sync_status, asset.sync_status) == (SyncStatus.SYNCHRONIZED, SyncStatus.FAILED)
        self._place.check()
        retry = self._bulk.begin(asset, includes_imported=True)
        self._place.finish_retries()
        self._bought(asset, times=1)
        assert self._bulk.outcomes(retry) == {"synchronized": 1}

    def two_people_edit(self) -> None:
        """A synchronized asset: nothing is bought, and nobody’s words are lost unseen."""
        asset_id = self._place.shop.order()
        self._place.work.drain()
        clicks = [
            click(person, person.open("bss.assets.edit", asset_id=asset_id), name=f"By {number}", note=f"Note {number}")
            for number in range(FEW)
            for person in self._people
        ]
        version = self._place.shop.asset(asset_id).version
        answers, _ = released_together(self._place.app, clicks)
        self._one_was_first(answers)
        asset = self._place.shop.asset(asset_id)
        assert asset.version == version + 1
        assert asset.name.removeprefix("By ") == asset.note.removeprefix("Note ")
        self._bought(asset, times=1)

    def _against(self, asset: Asset, others: list[Click]) -> tuple[list[Answer], list[Answer]]:
        mixed = [each for pair in zip(self._presses(asset, len(others)), others, strict=True) for each in pair]
        with worker_beside(self._place.app):
            answers, _ = released_together(self._place.app, mixed)
        return answers[::2], answers[1::2]

    def _presses(self, asset: Asset, number: int) -> list[Click]:
        return self._same(number, lambda person: click(person, self._show(person, asset), to="/syncs"))

    def _saves(self, asset: Asset, number: int) -> list[Click]:
        return self._same(
            number, lambda person: click(person, person.open("bss.assets.edit", asset_id=asset.id), name="Saved")
        )

    def _cancellations(self, asset: Asset) -> list[Click]:
        def cancel(person) -> Click:
            page = person.open("bss.assets.cancel", asset_id=asset.id)
            return click(person, page, "Cancel the asset", reason="Ordered twice")

        return self._same(FEW, cancel)

    def _preview(self, person, retry: int):
        return person.open("bss.retries.show", retry_id=retry)

    def _file(self, person, file: Import):
        return person.open("bss.imports.show", import_id=file.id)

    def _by_hand(self, number: int) -> dict[str, str]:
        """A row whose code BitTitan issued before there was a portal."""
        row = files.asset(number)
        coupon = {"Code": row["BitTitan's Coupon Code"], "ExternalReference": f"before {number}"}
        self._place.sandbox.control.put_coupons([coupon])
        return row

    def _attachments(self, asset: Asset) -> list[Click]:
        code = f"BY-HAND-{asset.id}"
        coupon = {
            "Code": code, "ProductSkuId": MAILBOX_LICENSE, "Quantity": asset.quantity,
            "OrganizationId": self._place.world.partner.organization_id, "ExternalReference": f"by hand {asset.id}",
        }  # fmt: skip
        self._place.sandbox.control.put_coupons([coupon])

        def attach(person) -> Click:
            page = person.open("bss.assets.attach", asset_id=asset.id)
            page = person.ask(page, "Check the code", code=code, reason="Found")
            return click(person, page, "Attach the code")

        return self._same(FEW, attach)

    def _same(self, number: int, make) -> list[Click]:
        """Two people have the page open, and each clicks several times."""
        opened = [make(person) for person in self._people]
        return [opened[each % len(opened)] for each in range(number)]

    def _show(self, person, asset: Asset):
        return person.open("bss.assets.show", asset_id=asset.id)

    def _one_was_first(self, answers: list[Answer], also: int = 409) -> None:
        self._told(answers, also)
        assert _done(answers) == 1, [each.status for each in answers]

    def _told(self, answers: list[Answer], also: int = 409) -> None:
        assert {each.status for each in answers} <= {200, 303, 409, also}, [
            (each.status, each.text[:200]) for each in answers
        ]
        for each in answers:
            is_told = each.is_done or each.badge in BADGES or any(sentence in each.text for sentence in TOLD)
            assert is_told, f"{each.status}: {each.text[:400]}"

    def _bought(self, asset: Asset, *, times: int) -> None:
        self._place.heal()
        self._place.check()
        assert len(self._place.bought(asset.id)) == times
        if times:
            assert self._place.shop.asset(asset.id).sync_status is SyncStatus.SYNCHRONIZED


def _done(answers: list[Answer]) -> int:
    return sum(each.is_done for each in answers)


RACES = tuple(name for name in vars(Race) if not name.startswith("_"))
