"""How much slower the list and the detail page are while twenty presses hang. The figures stand in the report.

Twenty assets that are synchronizing have more to say than twenty that failed, so the same pages are asked for once more
when nobody asks BitTitan any longer. Other work on the machine shows in the times, and less in the processor's.
"""

import statistics
import time

from tests.proof import black_hole

ROUNDS = 10


def test_black_hole(found, times, measured):
    place = found(**black_hole.SETTINGS)
    dana, rounds = black_hole.viewer(place), times(ROUNDS)
    ids = black_hole.twenty(place)
    dana.is_watched = False
    _taken(dana, ids, 1)  # what is done once only: templates, connections
    healthy = _taken(dana, ids, rounds)
    with black_hole.presses_hanging(place, dana, ids):
        slow = _taken(dana, ids, rounds)
        assert black_hole.hanging(place) == black_hole.PRESSES
    assert black_hole.hanging(place) == black_hole.PRESSES  # so the pages say the same as before
    same = _taken(dana, ids, rounds)
    for name in healthy:
        before, during, after = (_p95(taken[name]) for taken in (healthy, slow, same))
        measured(f"{name}: p95 {before:.1f} ms, {during:.1f} ms while 20 presses hang: × {during / before:.2f} (≤ 1.2)")
        measured(f"{name}: the same pages without a worker {after:.1f} ms: × {during / after:.2f}")
        before, during, after = (_processor(taken[name]) for taken in (healthy, slow, same))
        measured(f"{name}: processor {before:.1f} ms, {during:.1f} while they hang, {after:.1f} without a worker")


def _taken(dana, ids: list[int], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds, and those of the processor."""
    taken: dict[str, list[tuple[float, float]]] = {"list": [], "detail": []}
    for asset_id in ids * rounds:
        for name, values in (("list", {}), ("detail", {"asset_id": asset_id})):
            url = dana.url("bss.assets.index" if name == "list" else "bss.assets.show", **values)
            begun, worked = time.perf_counter(), time.process_time()
            response = dana.raw("GET", url)
            times = time.perf_counter() - begun, time.process_time() - worked
            taken[name].append((times[0] * 1000, times[1] * 1000))
            assert response.status_code == 200
    return taken


def _p95(taken: list[tuple[float, float]]) -> float:
    return statistics.quantiles([time for time, _ in taken], n=20)[-1]


def _processor(taken: list[tuple[float, float]]) -> float:
    return statistics.median(worked for _, worked in taken)
