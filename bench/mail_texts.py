"""`python -m bench.mail_texts [TURNS]`: how long it takes to refuse each attack on the text of a mail, or to show that
it does no harm. Prints the slowest turn of each, in milliseconds."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.services.mail import html_part
from portal.services.mail.events import WELCOME
from portal.services.mail.texts import checking
from tests.apps import opened
from tests.databases import SQLiteDatabases
from tests.services.mail.texts import attacks
from tests.settings import make_settings

PORTAL = "https://portal.example"


def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        databases = SQLiteDatabases(Path(name))
        with opened(make_settings(databases.create(with_world=True), Path(name))) as app, app.app_context():
            found = sorted(((_slowest(act, turns), what) for what, act in _acts()), reverse=True)
    for took, what in found:
        print(f"{took:8.2f} ms  {what}")


def _acts() -> Iterator[tuple[str, Callable[[], object]]]:
    for what, (text, _where) in attacks.TEXTS.items():
        yield what, lambda text=text: _checked("Hi", text)
    for what, (subject, _where) in attacks.SUBJECTS.items():
        yield f"subject: {what}", lambda subject=subject: _checked(subject, attacks.CODE)
    for what, text in attacks.HARMLESS.items():
        yield f"harmless: {what}", lambda text=text: _shown(f"{text}\n\n{attacks.CODE}")


def _checked(subject: str, text: str) -> list:
    return checking.faults(WELCOME, checking.typed(subject, text))


def _shown(text: str) -> str:
    assert not _checked("Hi", text)
    return html_part.make("Hi", text, secret="x", language="en", portal_url=PORTAL)


def _slowest(act: Callable[[], object], turns: int) -> float:
    took = []
    for _turn in range(turns):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return max(took) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
