"""What makes documents is loaded beside a web process, never in it."""

import subprocess
import sys

import pytest

from tests.settings import ROOT

pytestmark = pytest.mark.sqlite
BEGIN = """
import os, signal, sys, time
from portal import side_process
from portal.providers.einvoice import pdf, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.errors import IncompleteDocument, MissingGlyph
from tests.providers.einvoice.corpus import NAMES, buyer, document

side_process.start()
"""


def said(program: str) -> list[str]:
    child = [sys.executable, "-c", BEGIN + program]
    return subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def test_a_web_process_loads_nothing_for_a_document():
    answer = said("""
made = side_process.call(xml.generate, document(), Format.FACTUR_X)
printed = side_process.call(pdf.render, document(), made)
heavy = {"facturx", "lxml", "pikepdf", "segno", "typst"} & set(sys.modules)
print(made == xml.generate(document(), Format.FACTUR_X), printed[:5].decode(), len(heavy))
""")
    assert answer == ["True", "%PDF-", "0"]


def test_an_exception_says_there_what_it_says_here():
    answer = said("""
try:
    side_process.call(pdf.render, document(buyer=buyer("東 Ltd")))
except MissingGlyph as wrong:
    print(wrong.characters, str(wrong).count("東"))
try:
    side_process.call(xml.generate, document(buyer_reference=""), Format.XRECHNUNG)
except IncompleteDocument as wrong:
    print(*wrong.fields)
""")
    assert answer == ["東", "1", "buyer_reference"]


def test_one_child_does_what_comes_and_ends_when_nothing_comes():
    answer = said("""
first, second = side_process.call(os.getpid), side_process.call(os.getpid)
print(first == second != os.getpid())
os.kill(first, signal.SIGKILL)
print(side_process.call(os.getpid) not in (first, os.getpid()))
""")
    assert answer == ["True", "True"]


def test_without_a_side_process_the_work_is_done_here():
    answer = said("""
keeper, child = side_process.call(os.getppid), side_process.call(os.getpid)
os.kill(keeper, signal.SIGKILL)
os.kill(child, signal.SIGKILL)
print(side_process.call(os.getpid) == os.getpid())
""")
    assert answer == ["True"]


def test_it_ends_with_its_web_process():
    """Both write to the pipe that is read here to its end."""
    answer = said("""
print(side_process.call(os.getppid), side_process.call(os.getpid), flush=True)
os._exit(0)
""")
    assert len(answer) == 2
