"""Files that the portal writes: one writer for each kind, so that there is one rule against formulas."""

import ast

from tests.architecture.source import ROOT, chain, modules, report

CSV, WORKBOOK, ANSWER = "portal.core.csv_safe", "portal.display.lists.asset_export", "portal.web.pages.downloads"
_WRITES = {"csv.writer", "csv.DictWriter"}


def _all():
    return (*modules(), *modules(ROOT / "migrations"))


def test_one_module_writes_csv():
    faults = [
        module.at(node.lineno)
        for module in _all()
        if module.name != CSV
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and chain(node) in _WRITES
    ]
    faults += [
        module.at(line)
        for module in _all()
        for line, name in module.imports()
        if name in _WRITES or name.partition(".")[0] in ("pandas", "tablib", "openpyxl", "pyexcel")
    ]
    assert not faults, report(f"written by {CSV} only", faults)


def test_one_module_writes_workbooks():
    faults = [
        module.at(line)
        for module in _all()
        if module.name != WORKBOOK
        for line, name in module.imports()
        if name.startswith("xlsxwriter")
    ]
    assert not faults, report(f"written by {WORKBOOK} only", faults)


def test_one_function_hands_csv_out():
    faults = [
        module.at(node.lineno)
        for module in _all()
        if module.name != ANSWER
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and node.value == "text/csv"
    ]
    assert not faults, report(f"handed out by {ANSWER} only", faults)
