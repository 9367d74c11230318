"""Faulty attempts by the hundred: which fault each meets, a lot says; what it is to be called, the table says."""

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from portal.models import Asset, Attempt, AttemptState, AuditEntry, Exchange, ExchangeKind, SyncStatus
from tests import last_causes
from tests.proof.faults import EVERY, ISSUED, NOT_SENT, REFUSED, UNKNOWN, Fault
from tests.proof.place import Place
from tests.services.shop import at_once

THREADS = 8
MOST_PAUSES = 40
LOAD = ("TimedOut", "ConnectTimedOut", "TooLate")
"""What a busy machine may make of any answer: none in time, or a send that did not begin."""

MAY_FAIL = {UNKNOWN: ["not executed"], NOT_SENT: [], ISSUED: []}
"""Why an asset may be called failed after an answer of this class: once it is beyond doubt."""


@dataclass
class Trial:
    asset_id: int
    reference: str
    fault: Fault
    attempt_id: int
    before: dict
    audited: int
    """The last audit row of the time before."""


@dataclass
class Trials:
    place: Place
    lot: Random
    elsewhere: str
    known: str = ""
    deck: list[Fault] = field(default_factory=list)
    met: Counter = field(default_factory=Counter)
    slowed: set[int] = field(default_factory=set)
    """Attempts that the machine was too busy for."""

    def run(self, attempts: int, *, in_a_round: int) -> None:
        self.known = self._bought_before()
        while self.met.total() < attempts:
            trials = [self._begin(asset, fault) for asset, fault in self._dealt(in_a_round)]
            journal = self._journal()
            self._send()
            afterwards = self._journal()
            for trial in trials:
                self._check_class(trial)
                self._check_definite(trial, journal, afterwards)
            self.place.heal(self._work)
            self.place.sandbox.control.clear_faults()
            for trial in trials:
                if trial.attempt_id not in self.slowed:
                    self._check_end(trial)
            self.place.check()
        self.place.buy_what_is_missing()
        self.place.check_all_bought()

    def _dealt(self, number: int) -> list[tuple[Asset, Fault]]:
        """Those that failed before are pressed again. What is slow goes first, what holds the others up goes last."""
        failed = [asset for asset in self.place.shop.all(Asset) if asset.may_sync]
        assets = (failed + self.place.world.assets(max(number - len(failed), 0), attempts=0))[:number]
        faults = sorted((self._deal() for _ in assets), key=lambda fault: (fault.holds, not fault.is_slow))
        return list(zip(assets, faults, strict=True))

    def _deal(self) -> Fault:
        """From a deck in which each fault is once."""
        if not self.deck:
            self.deck = list(EVERY)
            self.lot.shuffle(self.deck)
        return self.deck.pop()

    def _begin(self, asset: Asset, fault: Fault) -> Trial:
        control, shop = self.place.sandbox.control, self.place.shop
        details = json.loads(self._filled_in(json.dumps(fault.details)))
        control.fault("createCoupon", fault.fault, asset.reference, fault.times, **details)
        if fault.lies:
            control.fault("searchCoupons", "lie_search", asset.reference, fault.lies)
        if fault.respells:
            control.fault("searchCoupons", "respell", asset.reference, None)
        before = columns(shop.asset(asset.id))
        shop.save(asset.id, name=f"Typed for {fault.name}"[:120], note="typed", expire_days=100)
        self.met[fault.name] += 1
        return Trial(asset.id, asset.reference, fault, shop.attempt(asset.id).id, before, shop.audit(asset.id)[-1].id)

    def _filled_in(self, text: str) -> str:
        words = {"elsewhere": self.elsewhere, "known": self.known, "lot": f"{self.lot.getrandbits(40):x}"}
        words["uuid"] = str(UUID(int=self.lot.getrandbits(128), version=4))
        for name, word in words.items():
            text = text.replace(f"{{{name}}}", word)
        return text

    def _send(self) -> None:
        """Until nothing is held any more."""
        self._work()
        for _ in range(MOST_PAUSES):
            if not self.place.shop.all(Attempt, Attempt.state == AttemptState.RESERVED):
                return
            if self.place.shop.connection().needs_person:
                self.place.shop.connect()
            self.place.work.skip(61)
            self._work()
        raise AssertionError("what was held goes on no more")

    def _work(self) -> None:
        """Several workers at once."""
        failures = [each for each in at_once(THREADS, self.place.work.drain) if isinstance(each, Exception)]
        assert not failures, failures

    def _check_class(self, trial: Trial) -> None:
        """A send that got no answer in time is judged by the journal alone."""
        of_it = (Exchange.attempt_id == trial.attempt_id, Exchange.kind == ExchangeKind.SEND)
        sends = self.place.shop.all(Exchange, *of_it)
        first = sends[0]
        if first.outcome != (trial.fault.looks or trial.fault.means):
            called = f"{trial.fault} is called {first.outcome}: {first.cause}"
            assert (first.status, first.cause in LOAD) == (None, True), called
            self.slowed.add(trial.attempt_id)

    def _check_definite(self, trial: Trial, journal: Counter, afterwards: Counter) -> None:
        """A definite failure leaves the asset’s row and the journal as they were."""
        attempt = self.place.shop.attempt(trial.asset_id)
        if attempt.state is AttemptState.REFUSED:
            assert columns(self.place.shop.asset(trial.asset_id)) == trial.before
            assert afterwards[trial.reference] == journal[trial.reference]

    def _check_end(self, trial: Trial) -> None:
        shop, fault = self.place.shop, trial.fault
        asset = shop.asset(trial.asset_id)
        if fault.issues and not self.place.is_blind:
            assert asset.sync_status is SyncStatus.SYNCHRONIZED, f"{fault}: {asset.sync_status.value}"
            assert asset.note == "typed"
        if fault.means != REFUSED:
            may_fail = MAY_FAIL[UNKNOWN if self._was_slowed(trial) else fault.means]
            reasons = self._reasons_of_failing(trial)
            assert set(reasons) <= set(may_fail), f"{fault}: failed with {reasons}"
        if asset.sync_status is SyncStatus.FAILED:
            assert fault.means == REFUSED or not fault.issues, f"{fault} was issued and is called failed"
            assert columns(asset) == trial.before

    def _was_slowed(self, trial: Trial) -> bool:
        """Whether the machine was too busy for any of its sends: then what became of that one is not known at first."""
        of_it = (Exchange.attempt_id == trial.attempt_id, Exchange.kind == ExchangeKind.SEND)
        return any(send.status is None and send.cause in LOAD for send in self.place.shop.all(Exchange, *of_it))

    def _reasons_of_failing(self, trial: Trial) -> list[str | None]:
        is_it = (AuditEntry.subject == "asset", AuditEntry.subject_id == trial.asset_id, AuditEntry.id > trial.audited)
        return [row.why for row in self.place.shop.all(AuditEntry, *is_it, AuditEntry.after == "failed")]

    def _journal(self) -> Counter:
        return Counter(entry["reference"] for entry in self.place.sandbox.control.journal())

    def _bought_before(self) -> str:
        asset_id = self.place.shop.order()
        self.place.work.drain()
        return self.place.shop.code(asset_id)


def columns(asset: Asset) -> dict:
    """Without what follows from others or from the attempts."""
    derived = {"external_key", "name_sort", "due_on", "ends_on"}
    left_out = {"version", "attempts_made", *derived, *last_causes.COLUMNS}
    return {column.key: getattr(asset, column.key) for column in asset.__table__.columns if column.key not in left_out}
