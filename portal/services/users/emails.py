"""What can be an e-mail address. Whether mail arrives there is another question."""

LONGEST = 254


def is_address(text: str) -> bool:
    local, _at, domain = text.rpartition("@")
    is_one = local and "." in domain.strip(".") and " " not in text and "@" not in local and text.isprintable()
    return bool(is_one) and len(text) <= LONGEST
