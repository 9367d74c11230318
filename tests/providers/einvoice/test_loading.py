"""What makes documents is loaded by who makes one: a web process would carry it for nothing."""

import subprocess
import sys

from tests.settings import ROOT

HEAVY = ("facturx", "lxml", "pikepdf", "PIL", "saxonche", "segno", "typst")
PARTS = (
    "completeness",
    "document",
    "glyphs",
    "metadata",
    "pdf",
    "qr",
    "schematron",
    "terms",
    "totals",
    "wording",
    "xml",
)


def test_no_process_loads_it_when_it_starts():
    loads = "".join(f"import portal.providers.einvoice.{part}\n" for part in PARTS)
    program = f"import sys, portal.cli\n{loads}print(*sorted(set(sys.modules) & set({HEAVY})))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
