"""How much slower the list and the detail page are while twenty presses hang. The figures stand in the report."""

import statistics
import time

from tests.proof import black_hole

ROUNDS = 10


def test_black_hole(found, times, measured):
    place = found(**black_hole.SETTINGS)
    dana, rounds = black_hole.reader(place), times(ROUNDS)
    ids = black_hole.twenty(place)
    dana.is_watched = False
    _milliseconds(dana, ids, 1)  # what is done once only: templates, connections
    healthy = _milliseconds(dana, ids, rounds)
    with black_hole.presses_hanging(place, dana, ids):
        slow = _milliseconds(dana, ids, rounds)
        assert black_hole.hanging(place) == black_hole.PRESSES
    for name in healthy:
        before, after = _p95(healthy[name]), _p95(slow[name])
        measured(f"{name}: p95 {before:.1f} ms, {after:.1f} ms while 20 presses hang: × {after / before:.2f} (≤ 1.2)")


def _milliseconds(dana, ids: list[int], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {"list": [], "detail": []}
    for asset_id in ids * rounds:
        for name, values in (("list", {}), ("detail", {"asset_id": asset_id})):
            url = dana.url("bss.assets.index" if name == "list" else "bss.assets.show", **values)
            begun = time.perf_counter()
            response = dana.raw("GET", url)
            taken[name].append((time.perf_counter() - begun) * 1000)
            assert response.status_code == 200
    return taken


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
