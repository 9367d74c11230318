"""No one decides to write a 3,000-line file; it happens where nothing stops it."""

import ast
from collections import Counter

from tests.architecture.source import ROOT, modules, report, templates

MODULE = 300
FUNCTION, NINE_IN_TEN, MEDIAN = 40, 14, 6
"""Lines of the longest function, of nine in ten, and of half of them."""
IN_PACKAGE = 12
FLAT = {"portal/core", "portal/models", "portal/commands"}
"""One module for each need or domain, however many there are."""
TEMPLATE = 150
STYLESHEET = 700
SCRIPT = 300


def test_modules_have_a_size():
    faults = [
        f"{module.at(1)} has {module.lines} lines"
        for folder in ("portal", "tests", "tools")
        for module in modules(ROOT / folder)
        if module.lines > MODULE
    ]
    assert not faults, report(f"split what has more than {MODULE} lines:", faults)


def test_functions_have_a_size():
    faults = [
        f"{module.at(node.lineno)} {node.name} has {_length(node)} lines"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _length(node) > FUNCTION
    ]
    assert not faults, report(f"split what has more than {FUNCTION} lines (20 are the rule):", faults)


def test_most_functions_are_short():
    lengths = sorted(
        _length(node)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    assert lengths[len(lengths) // 2] <= MEDIAN
    assert lengths[len(lengths) * 9 // 10] <= NINE_IN_TEN


def test_packages_have_a_size():
    counts = Counter(
        module.path.parent.relative_to(ROOT).as_posix() for module in modules() if module.path.stem != "__init__"
    )
    faults = [
        f"{folder} has {count} modules"
        for folder, count in counts.items()
        if count > IN_PACKAGE and folder not in FLAT | {"portal"}
    ]
    assert not faults, report(f"divide what has more than {IN_PACKAGE} modules:", faults)


def _length(node: ast.FunctionDef) -> int:
    return node.end_lineno - node.lineno + 1


def test_templates_have_a_size():
    faults = [f"{path.relative_to(ROOT)} has {_lines(path)} lines" for path in templates() if _lines(path) > TEMPLATE]
    assert not faults, report(f"make partials of what has more than {TEMPLATE} lines:", faults)


def test_styles_and_scripts_have_a_size():
    limits = {"css": STYLESHEET, "js": SCRIPT}
    faults = [
        f"{path.relative_to(ROOT)} has {_lines(path)} lines"
        for kind, most in limits.items()
        for path in sorted((ROOT / "static" / kind).rglob(f"*.{kind}"))
        if _lines(path) > most
    ]
    assert not faults, report("split:", faults)


def _lines(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
