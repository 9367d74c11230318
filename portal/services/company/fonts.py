"""Which scripts the PDFs of invoices can print, and what INVOICE_FONTS adds."""

from dataclasses import dataclass
from pathlib import Path

from portal.core.i18n import lazy
from portal.extensions import settings
from portal.providers.einvoice.glyphs import fonts_in, missing_glyphs

_SAMPLES = (
    (lazy("Latin"), "Aßłğệ"),
    (lazy("Greek"), "Ωή"),
    (lazy("Cyrillic"), "Жђ"),
    (lazy("Arabic"), "عپ"),
    (lazy("Hebrew"), "אש"),
    (lazy("Chinese, simplified"), "汉语门"),
    (lazy("Chinese, traditional"), "漢語門"),
    (lazy("Japanese"), "東あア"),
    (lazy("Korean"), "한글"),
    (lazy("Thai"), "กรุ"),
    (lazy("Devanagari"), "हिन्दी"),
)
"""A few characters that stand for the script."""


@dataclass(frozen=True)
class Folder:
    path: Path
    fonts: list[str]
    """The names of the files."""

    @property
    def is_gone(self) -> bool:
        """It was there when the portal started."""
        return not self.path.is_dir()


@dataclass(frozen=True)
class Fonts:
    printed: list[str]
    """Scripts."""
    not_printed: list[str]
    folders: list[Folder]


def fonts() -> Fonts:
    """As this process reads them: fonts that are added count after a restart."""
    folders = settings().invoice_fonts
    printed, lacking = [], []
    for script, sample in _SAMPLES:
        (lacking if missing_glyphs(sample, folders) else printed).append(str(script))
    return Fonts(printed, lacking, [Folder(path, sorted(each.name for each in fonts_in(path))) for path in folders])
