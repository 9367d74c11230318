"""docs/promises.md names code and tests; a name that has gone is a promise that nobody keeps."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, Module

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`((?:tests|portal|docs)/[\w/]+\.\w+)`", PAGE)))
CODE = sorted(set(re.findall(r"`(portal(?:\.\w+)+)`", PAGE)))
PROMISES = 17


def test_every_promise_says_what_keeps_and_what_proves_it():
    sections = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
    assert [int(each.split(".")[0]) for each in sections] == list(range(1, PROMISES + 1))
    for section in sections:
        assert "**Kept by**" in section, section
        assert "**Proved by**" in section, section


@pytest.mark.parametrize("path, name", TESTS)
def test_a_test_that_is_named_exists(path, name):
    assert name in _names(Module(ROOT / path).tree), f"{path} has no {name}"


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_named_exists(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("dotted", CODE)
def test_code_that_is_named_exists(dotted):
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if path.is_file():
            break
    else:
        pytest.fail(f"there is no module for {dotted}")
    tree: ast.AST = Module(path).tree
    for name in parts[length:]:
        found = _names(tree)
        assert name in found, f"{path} has no {name}"
        tree = found[name]


def _names(tree: ast.AST) -> dict[str, ast.AST]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in ast.iter_child_nodes(tree) if isinstance(node, kinds)}
