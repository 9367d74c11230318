"""Reads the translated texts of a language from its `.po` file: there is nothing to compile, and nothing that could be
out of step with it. Reading one takes a quarter of a second, at its first use in a process."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "translations"


def path_of(code: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


@cache
def texts(code: str) -> NullTranslations:
    """English, of which the texts are written, has no file."""
    path = path_of(code)
    return GNUTranslations(_compiled(path)) if path.exists() else NullTranslations()


def _compiled(path: Path) -> BytesIO:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return compiled
