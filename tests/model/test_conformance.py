"""The model is the portal’s: walks through it, played with the real services and sandbox, end where it says."""

import random
from itertools import count

import pytest

from portal.models import Asset
from portal.services.provisioning import lookups, outcomes
from tests import last_causes
from tests.model import hazards, moves
from tests.model.explore import is_good
from tests.model.replay import CONCLUDE_WITHIN, TIMES, Player
from tests.model.state import MOST_TRIES, Setup, State
from tests.services.conftest import TIMES as PROVISIONING
from tests.services.shop import Shop
from tests.settings import make_settings

KINDS = ("searchable", "idempotent", "blind")
WALKS = {"sqlite": 6, "postgresql": 3}
"""For each kind of server."""
LENGTH = 16
RARE = {"tick": 0.4, "killed": 0.3, "stalls": 0.3, "cancel": 0.3, "attach another": 0.3, "asks": 0.7}
NOT_PLAYED = {"too late"}
"""It needs seconds of real time; tests/providers/test_wire.py has it."""


@pytest.fixture
def settings(request, database_url, sandbox, tmp_path):
    kind = request.node.callspec.params["kind"]
    times = PROVISIONING | TIMES | {"BITTITAN_SERVER": kind}
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **times)


@pytest.fixture
def scale(monkeypatch):
    """The two numbers of the portal that are no settings, as the model has them."""
    monkeypatch.setattr(lookups, "CONCLUDE_WITHIN", CONCLUDE_WITHIN)
    monkeypatch.setattr(outcomes, "MOST_TRIES", MOST_TRIES)


@pytest.mark.parametrize("kind", KINDS)
def test_walks_through_the_model_end_where_it_says(app, world, work, sandbox, scale, seed, request, kind):
    walk_all(app, world, work, sandbox, seed, kind, WALKS[request.config.getoption("database")])


def walk_all(app, world, work, sandbox, seed, kind, number) -> None:
    shop = Shop(app, world)
    shop.connect()
    for walk in range(number):
        lot = random.Random(f"{seed} {kind} {walk}")
        setup = Setup(server=kind, mistakes=lot.random() < 0.3)
        _walk(Player(shop, work, sandbox, setup), setup, lot)


def _walk(player: Player, setup: Setup, lot: random.Random) -> None:
    state, labels, used = setup.start, [], 0
    try:
        for place in count():
            possible = list(moves.system(state, setup))
            if place < LENGTH:
                possible += [*hazards.people(state, setup), *hazards.faults(state, setup)]
            possible = [each for each in possible if used + each[1] <= setup.faults and _is_playable(each[0], state)]
            if not possible or (place >= LENGTH and (is_good(state) or place > 4 * LENGTH)):
                return
            label, cost, after = _choose(possible, lot)
            labels.append(" ".join(str(word) for word in label))
            player.play(label, state, after)
            state, used = after, used + cost
            _compare(player, state)
    except AssertionError as failure:
        raise AssertionError(f"{failure}\nafter: {', '.join(labels)}\n{player.exchanges()}\n{state}") from failure
    finally:
        player.close()


def _choose(possible: list, lot: random.Random):
    weights = [RARE.get(label[0], 1) * (0.5 if cost else 1) for label, cost, _ in possible]
    return lot.choices(possible, weights)[0]


def _is_playable(label: tuple, state: State) -> bool:
    """Of a look-up that is under way, and of a sender before its first byte, real seconds count: no tick there."""
    busy = [each for each in state.workers if each.phase == "sending" or each.phase == "asked"]
    return not (label[0] == "tick" and busy) and label[0] not in NOT_PLAYED


def _compare(player: Player, state: State) -> None:
    asset, attempts = player.shop.asset(player.asset_id), player.attempts()
    with player.shop.app.app_context():
        last_causes.check(Asset.id == player.asset_id)
    assert (asset.sync_status.value, not asset.is_active) == (state.status, state.is_cancelled)
    assert len(attempts) == len(state.attempts)
    for row, expected in zip(attempts, state.attempts, strict=True):
        assert (row.state.value, row.send_number) == (expected.state, expected.send)
        if expected.state == "reserved":
            assert row.tries == expected.tries
        if expected.state in ("reserved", "sending", "unknown"):
            assert (row.is_tainted, row.sends_no_more) == (expected.is_tainted, expected.sends_no_more)
            assert (row.looked_first_at is None) == (expected.looked is None)
            assert player.has_work(row)
        if expected.state == "unknown":
            assert (row.absent_at is None) == (expected.absent is None)
    standings = player.coupons()
    for code, expected in zip(player.codes(), state.coupons, strict=True):
        has_expired = expected.age >= player.setup.life  # kept as evidence, if an idempotent server gives it back
        nothing = ("unknown", "review") if has_expired else ("unknown",)
        assert standings.get(code, "unknown") in (nothing if expected.standing == "unknown" else (expected.standing,))
