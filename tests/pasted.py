"""How people paste a code: the lines of `pasted-codes.txt` of the collected cases, and more of their kind."""


def with_dash(dash: str):
    return lambda code: code.replace("-", dash)


def within(mark: str, place: int):
    return lambda code: code[:place] + mark + code[place:]


ONE_CODE = {
    "as it is": "{}",
    "full stop": "{}.",
    "comma": "{},",
    "semicolon": "{};",
    "brackets": "({})",
    "square brackets": "[{}]",
    "angle brackets": "<{}>",
    "quotes": '"{}"',
    "typographic quotes": "“{}”",
    "German quotes": "„{}“",
    "French quotes": "« {} »",
    "label": "Code: {}",
    "label without a space": "Code:{}",
    "label of two words": "Coupon code {}, please",
    "label of another script": "代码{}。",
    "asterisks": "**{}**",
    "list": "- {}",
    "ellipsis": "{}…",
    "question": "{}?!",
    "zero width space": "{}\u200b",
    "byte order mark": "\ufeff{}",
    "direction marks": "\u202a{}\u202c",
    "no-break space": "\u00a0{}\u00a0",
    "zero width space inside": within("\u200b", 8),
    "soft hyphen inside": within("\u00ad", 5),
    "word joiner inside": within("\u2060", 3),
    "combining grapheme joiner inside": within("\u034f", 3),
    "en dashes": with_dash("–"),
    "em dashes": with_dash("—"),
    "hyphens that do not break": with_dash("\u2011"),
    "minus signs": with_dash("−"),
    "full-width dashes": with_dash("－"),
    "spaces for dashes": with_dash(" "),
    "dashes with spaces": with_dash(" - "),
    "no dashes": with_dash(""),
    "small letters": str.lower,
    "small letters and a full stop": lambda code: f"{code.lower()}.",
    "small letters without dashes": lambda code: code.lower().replace("-", ""),
    "full-width letters": lambda code: "".join(chr(ord(mark) + 0xFEE0) for mark in code),
    "twice": "{0} {0}",
}


def pasted(kind: str, code: str) -> str:
    way = ONE_CODE[kind]
    return way.format(code) if isinstance(way, str) else way(code)


def holds(text: str, code: str) -> bool:
    """Whether the code can be read from the text, with whatever between its letters and digits."""
    return _letters(code) in _letters(text)


def _letters(text: str) -> str:
    return "".join(mark for mark in text.upper() if mark.isascii() and mark.isalnum())
