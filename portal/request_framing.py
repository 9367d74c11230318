"""Refuses requests whose end two servers may see in different places (request smuggling): behind a proxy, the rest of
such a request would become the start of the next person's request.
"""

from waitress.parser import HTTPRequestParser, ParsingError


class Request(HTTPRequestParser):
    path = "-"
    """The default until the path is read, because waitress logs it for each client that disconnects."""

    def parse_header(self, header_plus: bytes) -> None:
        """Waitress ignores the length of a chunked request, and in an older HTTP the chunks. Raises ParsingError for
        both."""
        super().parse_header(header_plus)
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("a length and chunks, or chunks in an HTTP that has none")
