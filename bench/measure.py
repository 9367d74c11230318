"""Asks the targets in turn, request by request, so that whatever else the machine does strikes all of them alike."""

import math
import time
from dataclasses import dataclass, field

from bench.cases import Case
from bench.options import Options
from bench.targets import Target

WARM = 3
FEWEST = 3
EXPORTS = 3


@dataclass
class Timing:
    seconds: list[float] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)
    size: int = 0

    def milliseconds(self, share: float) -> float:
        """The percentile, by nearest rank."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    @property
    def p50(self) -> float:
        return self.milliseconds(0.5)

    @property
    def p99(self) -> float:
        return self.milliseconds(0.99)


def take_turns(case: Case, targets: list[Target], options: Options) -> dict[str, Timing]:
    """By the name of the target; who has no such page is left out."""
    asked = [target for target in targets if target.name == "floor" or target.pages in case.addresses]
    timings = {target.name: Timing() for target in asked}
    spent = dict.fromkeys(timings, 0.0)
    turns = EXPORTS if case.is_export else options.turns
    for turn in range(turns + (0 if case.is_export else WARM)):
        for target in asked if turn % 2 else reversed(asked):  # whoever comes after a write finds its caches cold
            timing = timings[target.name]
            fewest = 1 if case.is_export else FEWEST
            if spent[target.name] > options.patience and len(timing.seconds) >= fewest:
                continue
            begun = time.monotonic()
            answer = _ask(target, case, _address(target, case, turn), turn)
            spent[target.name] += time.monotonic() - begun
            if case.is_export or turn >= WARM or spent[target.name] > options.patience / 2:
                timing.seconds.append(answer.seconds)
                timing.first_bytes.append(answer.first_byte)
            timing.size = len(answer.body)
    return timings


def _ask(target: Target, case: Case, address: str, turn: int):
    browser = target.browser(case)
    if case.is_save and target.name != "floor":
        action, fields = browser.form(address, name=f"Mailboxes, renamed {turn % 2}")
        answer = browser.post(action, fields)
        wanted = (302, 303)
    else:
        answer = browser.get(address, keep=not case.is_export)
        wanted = (303,) if case.is_save else (200,)
    if answer.status not in wanted:
        raise RuntimeError(f"{target.name} answered {answer.status} to {address}: {answer.body[:300]!r}")
    return answer


def _address(target: Target, case: Case, turn: int) -> str:
    if target.name == "floor":
        return f"/{case.turn_name(turn)}"
    address = case.address(target.pages, turn)
    if "LAST" not in address:
        return address
    last = {"django": 0, "flask-admin": -1}[target.name] + _pages(target)
    return address.replace("LAST", str(last))


def _pages(target: Target) -> int:
    return max(1, math.ceil(target.size / 50))
