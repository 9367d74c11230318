"""One line for each log event: escapes input that could end a line and begin another, or move the cursor."""

import logging

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPES |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069)}
_ESCAPES |= {ord("\t"): "\t"}


def install() -> None:
    """Applies to every logger of this process, including those of libraries and the server."""
    logging.setLogRecordFactory(Record)


def escaped(text: str) -> str:
    return text.translate(_ESCAPES)


class Record(logging.LogRecord):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        if self.exc_info and self.exc_info[0] is not None:
            lines = logging.Formatter().formatException(self.exc_info).split("\n")
            self.exc_text = "\n".join(
                f"  {escaped(line)}" for line in lines
            )  # indented, so that none looks like another event

    def getMessage(self) -> str:
        return escaped(super().getMessage())
