"""The documentation and the code say the same: settings, commands, metrics, alerts. Links: test_links.py."""

import ast
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from portal.cli import Commands
from portal.services.recurring_tasks.registry import TASKS
from tests.architecture.source import PACKAGE, ROOT, Module, modules, report

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
ROOT_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md")]
LINKED = [*ROOT_PAGES, *PAGES]
CONFIGURATION, COMMANDS, METRICS, RUNBOOK = (
    DOCS / name
    for name in ("reference/configuration.md", "reference/commands.md", "reference/metrics.md", "operations/runbook.md")
)
FOR_DEVELOPERS = "db"
"""Flask-Migrate has its own manual; who runs the portal needs `upgrade`."""

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
_SETTING = re.compile(
    r"\b(?:BITTITAN|CREDENTIAL|DATABASE|METRICS|PROVISIONING|SANDBOX|SECRET|SECURE|TRUSTED|WEB|WORKER)_[A-Z_]+\b"
)
_CALL = re.compile(r"flask ([a-z]+)(?: ([a-z]+))?([^`\n]*)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def first_cells(page: Path) -> list[str]:
    """What stands in code in the first column of the page's tables."""
    return re.findall(r"^\| `([^`]+)`", text_of(page), re.MULTILINE)


# settings


def settings() -> set[str]:
    """What the environment is asked for; a secret may stand in a file as well."""
    names = set()
    readers = [PACKAGE / "config.py", *PACKAGE.glob("*_settings.py")]
    for node in (node for path in readers for node in ast.walk(Module(path).tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            asked, name = node.func.attr, node.args[0]
            is_setting = isinstance(name, ast.Constant) and str(name.value).isupper()
            if is_setting and asked in ("text", "required", "secret", "choice", "number", "numbers", "folders"):
                names |= {name.value, f"{name.value}_FILE"} if asked == "secret" else {name.value}
    return names


def test_each_setting_stands_in_the_reference_once():
    assert sorted(first_cells(CONFIGURATION)) == sorted(settings())


def test_no_page_names_a_setting_that_does_not_exist():
    pages = [page for page in LINKED if page.name != "CHANGELOG.md"]
    known = settings()
    faults = [f"{page.relative_to(ROOT)}: {name}" for page in pages for name in unknown_settings(page, known)]
    assert not faults, report("these settings do not exist:", faults)


def unknown_settings(page: Path, known: set[str]) -> list[str]:
    return sorted(set(_SETTING.findall(text_of(page))) - known)


# commands


@cache
def commands() -> dict[str, set[str]]:
    """`assets show` with its options."""
    top = Commands("portal")
    context = click.Context(top)
    return dict(_walk(top, context, ()))


def _walk(group: click.Group, context: click.Context, above: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        path = (*above, name)
        if isinstance(command, click.Group):
            yield from _walk(command, context, path)
        else:
            yield " ".join(path), {option for each in command.params for option in each.opts if option[:2] == "--"}


def command_rows() -> dict[str, set[str]]:
    """Of the table: each command with the options that its row names, elsewhere than in what another command does."""
    rows = {}
    for line in text_of(COMMANDS).splitlines():
        if line.startswith("| `flask "):
            call = _CALL.match(line[3:])
            named = f"{call[1]} {call[2]}" if f"{call[1]} {call[2]}" in commands() else call[1]
            assert named not in rows, f"{named} stands there twice"
            rows[named] = set(_OPTION.findall(line))
    return rows


def test_each_command_stands_in_the_reference_with_its_options():
    rows = command_rows()
    there = {name: options for name, options in commands().items() if not name.startswith(f"{FOR_DEVELOPERS} ")}
    assert rows.pop(f"{FOR_DEVELOPERS} upgrade") == set()
    assert sorted(rows) == sorted(there)
    assert {name: sorted(options) for name, options in rows.items()} == {
        name: sorted(options) for name, options in there.items()
    }


def test_no_page_names_a_command_that_does_not_exist():
    faults = [f"{page.relative_to(ROOT)}: {call}" for page in LINKED for call in wrong_calls(page)]
    assert not faults, report("these commands do not exist:", faults)


def wrong_calls(page: Path) -> Iterator[str]:
    text = text_of(page)
    indented = (line for line in text.splitlines() if line.startswith("    "))
    groups = {name.split()[0] for name in commands() if " " in name}
    for code in itertools.chain(SPAN.findall(text), FENCE.findall(text), indented):
        for call in _CALL.finditer(code.partition("  #")[0]):
            named = f"{call[1]} {call[2]}" if call[1] in groups else call[1]
            is_a_group = call[1] in groups and call[2] is None
            if named not in commands() and not is_a_group:
                yield call[0]
            elif not is_a_group and set(_OPTION.findall(call[0])) - commands()[named]:
                yield call[0]


# metrics


def metrics() -> set[str]:
    """Read off the calls in services/monitoring, which need a database to be carried out."""
    folder = PACKAGE / "services" / "monitoring"
    trees = [Module(folder / name).tree for name in ("prometheus.py", "mail_metrics.py")]
    kinds = next(ast.literal_eval(each.value) for each in trees[0].body if _assigns(each, "KINDS"))
    return {
        name
        for tree in trees
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name != "_gauge"
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        for name in _exposed(node.func.id, node.args[0], kinds)
    }


def _assigns(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and [getattr(each, "id", None) for each in node.targets] == [name]


def _exposed(maker: str, name: ast.expr, kinds: dict) -> Iterator[str]:
    if maker == "_gauge":
        yield f"portal_{ast.literal_eval(name)}"
    elif maker.endswith("MetricFamily"):
        end = "_total" if maker.startswith("Counter") else ""
        if isinstance(name, ast.Constant):
            yield f"{name.value}{end}"
        else:
            yield from (f"{_filled(name, kind)}{end}" for kind in kinds)


def _filled(name: ast.JoinedStr, kind: str) -> str:
    return "".join(part.value if isinstance(part, ast.Constant) else kind for part in name.values)


def test_each_metric_stands_in_the_reference_once():
    assert sorted(first_cells(METRICS)) == sorted(metrics())


def test_no_page_names_a_metric_that_does_not_exist():
    known = metrics() | {f"{name}_{part}" for name in metrics() for part in ("bucket", "sum", "count")}
    faults = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in LINKED
        for name in re.findall(r"\bportal_[a-z_]+_(?:seconds|total|failures|open)\b", text_of(page))
        if name not in known
    ]
    assert not faults, report("these metrics do not exist:", faults)


# the runbook


def test_the_runbook_quotes_alerts_that_the_code_raises():
    said = "\n".join(
        node.value
        for module in modules(PACKAGE / "services")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    alerts = text_of(RUNBOOK).partition("## Alerts")[2].partition("\n## ")[0]
    quoted = re.findall(r"^\| “([^”]+)”", alerts, re.MULTILINE)
    faults = [quote for quote in quoted if not all(part.strip() in said for part in quote.split("…") if part.strip())]
    assert len(quoted) > 10
    assert not faults, report("no alert says this:", faults)


def test_the_runbook_explains_each_part_of_readyz():
    tree = Module(PACKAGE / "services" / "monitoring" / "health.py").tree
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    parts = {"watchdog", "schema"}
    for name in ("_report", "_parts"):
        outer = [node for node in ast.walk(functions[name]) if isinstance(node, ast.Dict)]
        nested = {id(each) for node in outer for value in node.values for each in ast.walk(value)}
        parts |= {key.value for node in outer if id(node) not in nested for key in node.keys if key is not None}
    ready = text_of(RUNBOOK).partition("## What /readyz says")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", ready, re.MULTILINE)) == parts - {"status"}


def test_the_page_about_monitoring_names_each_recurring_task():
    schedule = (
        text_of(ROOT / "docs" / "operations" / "monitoring.md").partition("## The schedule")[2].partition("\n## ")[0]
    )
    assert re.findall(r"^\| `([\w-]+)`", schedule, re.MULTILINE) == [task.key for task in TASKS]
