"""What can be an e-mail address. Does not check whether mail arrives there."""

LONGEST = 254


def is_address(text: str) -> bool:
    local, _at, domain = text.rpartition("@")
    has_form = local and "." in domain.strip(".") and " " not in text and "@" not in local and text.isprintable()
    return bool(has_form) and len(text) <= LONGEST
