"""What can be an e-mail address. Does not check whether mail arrives there."""

LONGEST = 254
_NEVER_INSIDE = frozenset('<>()[],;:\\"')
"""Signs that cling to an address that was copied, such as “mailto:” and brackets."""


def is_address(text: str) -> bool:
    local, _at, domain = text.rpartition("@")
    labels = domain.split(".")
    has_form = local and len(labels) > 1 and all(_is_label(label) for label in labels) and "@" not in local
    return bool(has_form) and len(text) <= LONGEST and _is_plain(text)


def _is_label(label: str) -> bool:
    return bool(label) and not label.startswith("-") and not label.endswith("-")


def _is_plain(text: str) -> bool:
    return text.isprintable() and not any(mark.isspace() or mark in _NEVER_INSIDE for mark in text)
