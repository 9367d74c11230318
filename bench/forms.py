"""The forms of a page, with what stands in them."""

from html.parser import HTMLParser


class Forms(HTMLParser):
    """Fields that a browser would send; of buttons, check boxes and lists it would send none here."""

    def __init__(self):
        super().__init__()
        self.found: list[tuple[str | None, dict[str, str]]] = []
        self._area: str | None = None

    @classmethod
    def of(cls, page: str, **typed: str) -> tuple[str | None, dict[str, str]]:
        """Action and fields of the first form that has these."""
        forms = cls()
        forms.feed(page)
        for action, fields in forms.found:
            if typed.keys() <= fields.keys():
                return action, fields | typed
        raise RuntimeError(f"no form with {', '.join(typed)} in: {page[:500]}")

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action"), {}))
        elif self.found and given.get("name") and given.get("type") not in ("submit", "checkbox", "radio"):
            if tag in ("input", "textarea"):
                self.found[-1][1][given["name"]] = given.get("value") or ""
            self._area = given["name"] if tag == "textarea" else None

    def handle_data(self, data):
        if self._area:
            self.found[-1][1][self._area] += data.lstrip("\r\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None
