"""Names of companies, compared without the words for their legal form: Bluewater Inc. and Bluewater, Inc are one."""

import re

from portal.models.text_keys import fold

FORMS = frozenset(
    (
        "ab ae ag aps as asa bv co company corp corporation ead eirl eood ehf epe eurl gbr gesmbh gmbh hf ike inc "
        "incorporated kft kg kgaa lda limited llc llp lp ltd ltda mbh nv oe ood ou oy oyj pc plc pllc pte pty sa sae "
        "sarl sas sasu sca scs se sl slu snc spa sprl srl sro ug uab zoo αε εε επε ικε οε"
    ).split()
)
"""As `_words` writes them: without dots, and what is written apart (S. A., sp. z o. o.) together."""
_APART = re.compile(r"\b(?:\w\.\s?){2,}|\b\w(?:\s\w\b)+")
_SP_ZOO = re.compile(r"\bsp\.?\s*z\s*o\.?\s*o\b\.?")


def plain_name(name: str) -> str:
    """Empty only for a name without letters and digits. A name of such words alone keeps them."""
    words = _words(name)
    return " ".join([word for word in words if word not in FORMS] or words)


def _words(name: str) -> list[str]:
    text = _SP_ZOO.sub(" zoo ", fold(name))
    text = _APART.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", text)
    return re.findall(r"\w+", text)
