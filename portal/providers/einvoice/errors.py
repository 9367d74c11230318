"""Why a document cannot be made. Each exception carries what is wrong as data, for words in the reader's language."""


class DocumentError(Exception):
    """The document cannot be made from what it says."""

    def __reduce__(self):
        return _copied, (type(self), self.args, vars(self))


class UnsupportedCurrency(DocumentError):
    """EN 16931 allows two decimals; such an invoice gets a PDF without XML."""

    def __init__(self, currency: str, decimals: int):
        super().__init__(f"{currency} has {decimals} decimals. An e-invoice (EN 16931) allows two, so there is no XML.")
        self.currency = currency
        self.decimals = decimals


class IncompleteDocument(DocumentError):
    """Something is missing, or must not be there. `fields` names it: `buyer.vat_id`, `tax.AE.reason`."""

    def __init__(self, fields: tuple[str, ...]):
        super().__init__(f"This is missing or not allowed: {', '.join(fields)}.")
        self.fields = fields


class InvalidXml(DocumentError):
    """The XML does not fit its schema: an error of ours, as what it is made from has been checked."""


class MissingGlyph(DocumentError):
    """No font has these characters, so there is no PDF. The XML may have them."""

    def __init__(self, characters: str):
        super().__init__(f"No font can print: {characters}")
        self.characters = characters


class UnreadableLogo(DocumentError):
    """The seller's logo is no picture that can be printed."""


def _copied(kind: type[DocumentError], args: tuple, values: dict[str, object]) -> DocumentError:
    """In another process: as it was raised, without its `__init__`."""
    error = kind.__new__(kind, *args)
    vars(error).update(values)
    return error
