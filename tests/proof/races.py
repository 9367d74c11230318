"""Who is faster gets it; everybody else is told the present state; and the journal counts what was bought."""

from portal.models import Asset, SyncStatus
from portal.services.worker import Worker
from tests.proof.crowd import Answer, Click, click, command, released_together, signed_in
from tests.proof.place import Place
from tests.proof.processes import Process
from tests.sandbox_process import MAILBOX_LICENSE

CROWD = 60
COMMANDS = 4
FEW = 6
BADGES = ("Synchronizing…", "Checking with BitTitan", "Synchronized")
TOLD = (
    "The asset is cancelled",
    "is being synchronized already",
    "An attempt has just begun",
    "has its coupon code",
    "stands with AS-",
    "Somebody changed",
)


class Race:
    """On one place, for any number of rounds, each on an asset of its own; workers work beside."""

    def __init__(self, place: Place):
        self._place = place
        self._people = [signed_in(place.app, person.email) for person in (place.world.dana, place.world.dora)]

    def presses(self) -> None:
        """64 at once: two people at pages, some of them saving the form, and the command line."""
        asset = self._place.world.asset()
        clicks = self._presses(asset, CROWD // 2) + self._saves(asset, CROWD // 2)
        commands = [command(self._place.app, "assets", "resync", asset.number) for _ in range(COMMANDS)]
        with Process(self._place.app, lambda _: Worker(self._place.app).run()):
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
        with Process(self._place.app, lambda _: Worker(self._place.app).run()):
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

    def _attachments(self, asset: Asset) -> list[Click]:
        code = f"BY-HAND-{asset.id}"
        coupon = {
            "Code": code, "ProductSkuId": MAILBOX_LICENSE, "Quantity": asset.quantity,
            "OrganizationId": self._place.world.partner.organization_id, "ExternalReference": f"by hand {asset.id}",
        }  # fmt: skip
        self._place.sandbox.control.put_coupons([coupon])

        def attach(person) -> Click:
            page = person.open("bss.assets.attach", asset_id=asset.id)
            page = person.submit(page, "Check the code", code=code, reason="Found")
            return click(person, page, "Attach the code")

        return self._same(FEW, attach)

    def _same(self, number: int, make) -> list[Click]:
        """Two people have the page open, and each clicks several times."""
        opened = [make(person) for person in self._people]
        return [opened[each % len(opened)] for each in range(number)]

    def _show(self, person, asset: Asset):
        return person.open("bss.assets.show", asset_id=asset.id)

    def _one_was_first(self, answers: list[Answer], also: int = 409) -> None:
        assert {each.status for each in answers} <= {200, 303, 409, also}, [each.status for each in answers]
        assert sum(each.is_done for each in answers) == 1, [each.status for each in answers]
        for each in answers:
            is_told = each.is_done or each.badge in BADGES or any(sentence in each.text for sentence in TOLD)
            assert is_told, f"{each.status}: {each.text[:400]}"

    def _bought(self, asset: Asset, *, times: int) -> None:
        self._place.heal()
        self._place.check()
        assert len(self._place.bought(asset.id)) == times
        if times:
            assert self._place.shop.asset(asset.id).sync_status is SyncStatus.SYNCHRONIZED


RACES = tuple(name for name in vars(Race) if not name.startswith("_"))
