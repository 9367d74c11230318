"""Where a request ends. One whose end two servers may see in two places is refused: behind a proxy, what is left of it
would begin the next person's request.
"""

from waitress.parser import HTTPRequestParser, ParsingError


class Request(HTTPRequestParser):
    path = "-"
    """Until it is read: waitress names it of whoever goes away, even where it never was."""

    def parse_header(self, header_plus: bytes) -> None:
        """Waitress takes the chunks and forgets the length; in an older HTTP, the length and forgets the chunks."""
        super().parse_header(header_plus)
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("a length and chunks, or chunks in an HTTP that has none")
