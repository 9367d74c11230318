"""Keeps portal/translations in step with the texts that people who are not staff can see.

    make translations                               bring all catalogues up to date, and list what is not translated
    .venv/bin/python tools/translations.py fill de FILE   add what FILE says: JSON, the text and its translation

A plural form is `{"1 day|%(num)s days": ["1 Tag", "%(num)s Tage"]}`.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
CATALOGUES = ROOT / "portal" / "translations"
LANGUAGES = ("de", "el", "fr")
KEYWORDS = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2)}
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

STARTS = ("portal.accounts", "portal.auth", "portal.storefront", "portal.web", "portal.services.reminders.mailing")
"""What shows pages to people who are not staff, or writes to them by itself. Whatever these modules import, and the
templates that they name, count, but for what is listed below."""
STAFF_MODULES = (
    "portal.bss",
    "portal.commands",
    "portal.demo",
    "portal.sandbox",
    "portal.accounts.credit",
    "portal.accounts.merging",
    "portal.display.inbox_counters",
    "portal.display.lists.surplus_columns",
    "portal.display.orders.staff_order_rows",
    "portal.display.reconciliation",
    "portal.display.wording.account_changes",
    "portal.display.wording.cause_wording",
    "portal.display.wording.coupon_wording",
    "portal.display.wording.finding_wording",
    "portal.display.wording.reconciliation_wording",
    "portal.services.accounts.account_merges",
    "portal.services.assets.corrections",
    "portal.services.backups",
    "portal.services.catalog.product_changes",
    "portal.services.company",
    "portal.services.connection",
    "portal.services.coupons",
    "portal.services.imports.attaching",
    "portal.services.imports.bank_lists",
    "portal.services.imports.coupon_lists",
    "portal.services.imports.import_",
    "portal.services.imports.products",
    "portal.services.imports.reading.dates",
    "portal.services.invoicing.at_once",
    "portal.services.invoicing.checks",
    "portal.services.invoicing.credit_notes",
    "portal.services.invoicing.draft",
    "portal.services.invoicing.exchange",
    "portal.services.invoicing.exports",
    "portal.services.invoicing.issuing",
    "portal.services.invoicing.numbering",
    "portal.services.invoicing.payments",
    "portal.services.invoicing.readiness",
    "portal.services.invoicing.runs",
    "portal.services.mail.closing",
    "portal.services.provisioning",
    "portal.services.reconciliation",
    "portal.services.recurring_tasks",
    "portal.services.restore_guard",
    "portal.services.status_checks",
    "portal.services.tax.proposals",
    "portal.services.tax.tax_codes",
    "portal.services.vendor.",
    "portal.services.watchdog",
)
STAFF_TEMPLATES = (
    "accounts/_billing.html",
    "accounts/_changes.html",
    "accounts/_merge",
    "accounts/changes.html",
    "accounts/credit.html",
    "accounts/merge",
    "assets/_list_bulk.html",
    "assets/_row_editing.html",
    "bss/",
    "layouts/shell.html",
)
_NAMED = re.compile(r"""["']([\w/]+\.html)["']""")


def extracted() -> Catalog:
    """All texts of the places that people who are not staff can see."""
    catalogue = Catalog()
    for path in (*sorted(modules()), *sorted(_templates())):
        is_template = path.suffix == ".html"
        how, options = ("jinja2", JINJA) if is_template else ("python", {})
        found = extract_from_file(how, path, KEYWORDS, (), options)
        for line, text, _comments, _context in found:
            catalogue.add(text, locations=[(str(path.relative_to(ROOT)), line)])
    return catalogue


def modules() -> set[Path]:
    every = {_dotted(path): path for path in (ROOT / "portal").rglob("*.py")}
    seen, waiting = set(), [name for name in every if name.startswith(STARTS)]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in every and not f"{name}.".startswith(STAFF_MODULES):
            seen.add(name)
            waiting += _imports(every[name])
    return {every[name] for name in seen}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def _imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return names


def _templates() -> set[Path]:
    seen, waiting = set(), [name for path in modules() for name in _NAMED.findall(path.read_text())]
    while waiting:
        name = waiting.pop()
        if name not in seen and not name.startswith(STAFF_TEMPLATES) and (TEMPLATES / name).exists():
            seen.add(name)
            waiting += _NAMED.findall((TEMPLATES / name).read_text())
    return {TEMPLATES / name for name in seen}


def path_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(catalogue: Catalog) -> Iterator[str | tuple[str, ...]]:
    """The texts that this catalogue lacks, or not in all plural forms."""
    for message in catalogue:
        forms = message.string if message.pluralizable else (message.string,)
        if message.id and not all(forms):
            yield message.id


def update(language: str, texts: Catalog) -> Catalog:
    """With exactly these texts, and the translations that are known of them. A changed text loses its translation:
    there is no guessing."""
    known, new = read(language), Catalog(locale=language, fuzzy=False)
    for message in texts:
        if message.id:
            before = known.get(message.id)
            keeps = before is not None and before.pluralizable == message.pluralizable
            new.add(message.id, before.string if keeps else None, flags=message.flags - {"fuzzy"})
    return new


def write(language: str, catalogue: Catalog) -> None:
    """Without dates and places, so that two branches that add texts do not meet in each line."""
    catalogue.header_comment = "# Texts for people who are not staff, kept in step by `make translations`."
    catalogue.project, catalogue.version = "BitTitan Asset Portal", "1"
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 12, 1, tzinfo=UTC)
    catalogue.last_translator, catalogue.language_team = "", language
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=0, no_location=True, sort_output=True, ignore_obsolete=True)


def fill(catalogue: Catalog, given: dict[str, str | list[str]]) -> list[str]:
    """Returns the texts that the catalogue does not have."""
    unknown = []
    for text, translation in given.items():
        message = catalogue.get(text if isinstance(translation, str) else text.split("|")[0])
        if message is None:
            unknown.append(text)
        else:
            message.string = translation if isinstance(translation, str) else tuple(translation)
    return unknown


def main(words: list[str]) -> int:
    texts, lacks = extracted(), 0
    for language in LANGUAGES:
        catalogue = update(language, texts)
        if words[:2] == ["fill", language]:
            for text in fill(catalogue, json.loads(Path(words[2]).read_text())):
                print(f"{language}: not in the catalogue: {text!r}")
        write(language, catalogue)
        for text in missing(catalogue):
            lacks += 1
            print(f"{language}: {text!r}")
    print(f"{len(texts)} texts, {lacks} translations are missing.")
    return int(lacks > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
