"""docs/security-log.md and the code say the same."""

import ast
import re

import pytest

from portal.core import security_log
from portal.models import Event, Result, SecurityEvent
from tests.architecture.source import ROOT, chain, modules

PAGE = (ROOT / "docs" / "security-log.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", PAGE.partition("## Members")[0], re.MULTILINE)
OTHERWISE = "Result."


def noted() -> dict[str, set[str]]:
    """Each event with the outcomes with which it is noted somewhere."""
    found = {event.value: {"succeeded"} for event in security_log.AUDITED}
    found[Event.MORE.value] = {"refused"}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and chain(node.func) == "security_log.note":
                names = [chain(each) for each in node.args]
                if names[0].startswith("Event."):
                    outcome = names[1].removeprefix(OTHERWISE) if len(names) > 1 else "SUCCEEDED"
                    found.setdefault(Event[names[0].removeprefix("Event.")].value, set()).add(Result[outcome].value)
            if isinstance(node, ast.Call) and chain(node.func) == "_is_right":  # every password that is typed
                typed = [chain(each).removeprefix("Event.") for each in node.args if chain(each).startswith("Event.")]
                found.setdefault(Event[typed[0]].value, set()).update({"failed", "throttled"})
    for event in ("no_right", "other_area", "not_visible"):  # from a table in web/security/refusals.py
        found[event] = {"refused"}
    return found


def test_the_page_names_each_event_and_its_outcomes():
    assert {name: set(outcomes.split(", ")) for name, outcomes in ROWS} == noted()
    assert [name for name, _ in ROWS] == [event.value for event in Event]


def test_the_page_names_each_member():
    told = PAGE.partition("## Members")[2].partition("## How")[0]
    named = {
        name
        for line in told.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    columns = {column.name for column in SecurityEvent.__table__.c}
    assert named == columns - {"id", "at"} | {"time"}


@pytest.mark.parametrize("number", [f"**{security_log.KEPT.days} days**", "at most 120", "up to 1,000", "one second"])
def test_the_page_names_the_bounds(number):
    assert number in PAGE
