"""What people read: calm, and nothing about the machine that the portal was built on."""

import ast
import re
import subprocess

from tests.architecture.source import ROOT, TEMPLATES, chain, modules, report, templates

TRANSLATES = ("_", "gettext", "ngettext", "lazy", "lazy_gettext", "lazy_ngettext", "pgettext")
FRIGHTENS = re.compile(r"\b(errors?|oops|fatal|illegal|abort(ed)?|exception|invalid)\b", re.IGNORECASE)
STRAIGHT = re.compile(r"\w'\w|\"\w")
MACHINE = re.compile(r"/(?:work|home|root|Users)/[a-z]|/tmp/[a-z]+|\bpypi\.|files\.pythonhosted|\bmirror\b")
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
OPEN_TO_ALL = {".lock", ".png", ".csv", ".svg", ".min.js"}
MEANT = {"tests/postgres.py", "tests/architecture/test_texts.py"}
"""PostgreSQL's socket needs a short path; and this file has to name what it looks for."""


def _said():
    """Every text that is handed to gettext: where it stands, and the text."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and chain(node.func).split(".")[-1] in TRANSLATES:
                for arg in node.args:
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                        yield module.at(node.lineno), arg.value
    for path in templates():
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"""\b_\(\s*((?:(?:"[^"]*"|'[^']*')\s*)+)""", text):
            yield (
                f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}",
                "".join(literal[1:-1] for literal in re.findall(r"""\"[^"]*"|'[^']*'""", match.group(1))),
            )


def test_texts_are_calm():
    faults = [f"{where} {text!r}" for where, text in _said() if FRIGHTENS.search(text)]
    assert not faults, report("say what happened and what to do, without such words:", faults)


def test_texts_use_typographic_quotes():
    faults = [f"{where} {text!r}" for where, text in _said() if STRAIGHT.search(re.sub(r"%\(\w+\)[sd]", "", text))]
    assert not faults, report("’ “ ” instead of ' and \":", faults)


def test_no_text_says_that_unknown_is_failed():
    """ "Don't know" is never called failed (promise 4)."""
    wrong = re.compile(r"\b(timed? ?out|unknown|unconfirmed|no answer|not answer\w*)\b[^.]*\bfailed\b", re.IGNORECASE)
    faults = [f"{where} {text!r}" for where, text in _said() if wrong.search(text)]
    assert not faults, report("what is not known has not failed:", faults)


def test_nothing_names_a_machine():
    faults = [fault for path in _tracked() for fault in _found(path, MACHINE)]
    assert not faults, report("the project points to nothing outside of itself:", faults)


def test_nothing_is_left_undone():
    faults = [fault for path in _tracked() for fault in _found(path, UNDONE)]
    assert not faults, report("finish it, or write an issue:", faults)


def test_no_test_is_skipped():
    """What cannot run here must say so loudly: a skipped test proves nothing."""
    marks = re.compile(r"pytest\.(skip|mark\.(skip|skipif|xfail)|importorskip|xfail)\b")
    paths = [path for path in _tracked() if path.parts[len(ROOT.parts)] == "tests" and path.suffix == ".py"]
    faults = [fault for path in paths for fault in _found(path, marks)]
    assert not faults, report("a test runs or does not exist:", faults)


def _tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and name not in MEANT and not any(name.endswith(end) for end in OPEN_TO_ALL):
            yield path


def _found(path, pattern):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        if match := pattern.search(line):
            yield f"{path.relative_to(ROOT)}:{number} {match.group()}"


def test_templates_are_where_they_are_looked_for():
    assert TEMPLATES.is_dir()
    assert templates()
