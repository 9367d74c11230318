"""E-mail addresses: what can be one, when two spellings are the same address, and how one is shown.

Browsers rewrite the domain of an `<input type="email">` into its ASCII form (`müller.example` becomes
`xn--mller-kva.example`), so a person cannot send what they typed. The domain is compared as UTS 46 maps it, the local
part in small letters; `ß` is a letter of its own in both.
"""

import unicodedata

import idna

LONGEST = 254
_ASCII_LABEL = "xn--"
_NEVER_INSIDE = frozenset('<>()[],;:\\"')
"""Signs that cling to an address that was copied, such as “mailto:” and brackets."""


def is_address(text: str) -> bool:
    """Does not check whether mail arrives there."""
    local, _at, domain = text.rpartition("@")
    labels = domain.split(".")
    has_form = local and len(labels) > 1 and all(map(_is_label, labels)) and "@" not in local
    return bool(has_form) and max(len(text), len(canonical(text))) <= LONGEST and _is_plain(text)


def _is_label(label: str) -> bool:
    return bool(label) and not label.startswith("-") and not label.endswith("-")


def _is_plain(text: str) -> bool:
    return text.isprintable() and not any(mark.isspace() or mark in _NEVER_INSIDE for mark in text)


def canonical(text: str) -> str:
    """The form in which addresses are compared. Text without an @ is read as a part of a domain."""
    text = text.strip()
    if _is_too_long(text):
        return text.lower()
    local, at, domain = text.rpartition("@")
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    return f"{local}{at}{_unicode(_mapped(domain)).rstrip('.')}"


def readable(text: str) -> str:
    """The address as its owner spells it: a domain in its ASCII form is turned back into letters."""
    text = text.strip()
    if _is_too_long(text):
        return text
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    return f"{local}{at}{_unicode(domain)}"


def spellings(text: str) -> list[str]:
    """The address, and the same one with its domain in the other form, if it has two."""
    if _is_too_long(text):
        return [text]
    local, at, domain = text.rpartition("@")
    other = _unicode(domain) if domain.isascii() else ".".join(map(_ascii, _mapped(domain).split(".")))
    return list(dict.fromkeys(f"{local}{at}{each}" for each in (domain, other)))


def _is_too_long(text: str) -> bool:
    """Such text is no address. To read its domain takes time that grows with the square of the length: minutes for what
    a sign-in form may carry."""
    return len(text) > LONGEST


def _mapped(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except idna.IDNAError:  # no domain, but it still has to be compared
        return unicodedata.normalize("NFKC", domain).lower()


def _unicode(domain: str) -> str:
    return ".".join(map(_letters, domain.split(".")))


def _letters(label: str) -> str:
    """An ASCII form that no browser makes of these letters stays as it is."""
    if not label.lower().startswith(_ASCII_LABEL):
        return label
    try:
        letters = label[len(_ASCII_LABEL) :].lower().encode("ascii").decode("punycode")
        return letters if letters.isprintable() and _ascii(_mapped(letters)) == label.lower() else label
    except (UnicodeError, ValueError):
        return label


def _ascii(label: str) -> str:
    return label if label.isascii() else _ASCII_LABEL + label.encode("punycode").decode("ascii")
