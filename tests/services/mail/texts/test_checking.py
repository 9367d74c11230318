"""What may stand in the text of a mail."""

import pytest

from portal.core import languages
from portal.services.mail import events, html_part
from portal.services.mail.events import EVENTS, WELCOME
from portal.services.mail.texts import built_in, checking
from portal.services.mail.texts.built_in import Texts
from tests.services.mail.texts import attacks

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("app_context")]
GOOD = Texts("Your code", attacks.CODE)


def first(texts: Texts, event: events.Event = WELCOME) -> tuple[str, int | None, int | None]:
    found = checking.faults(event, texts)
    return (found[0].kind.value, found[0].line, found[0].column) if found else ("none", None, None)


def test_attacks_are_refused_where_they_begin():
    assert len(attacks.TEXTS) + len(attacks.SUBJECTS) > 30
    found = {name: first(Texts(GOOD.subject, text)) for name, (text, _) in attacks.TEXTS.items()}
    assert found == {name: where for name, (_, where) in attacks.TEXTS.items()}
    found = {name: first(Texts(subject, GOOD.text)) for name, (subject, _) in attacks.SUBJECTS.items()}
    assert found == {name: where for name, (_, where) in attacks.SUBJECTS.items()}


def test_what_is_harmless_is_only_text():
    for name, text in attacks.HARMLESS.items():
        assert first(Texts(GOOD.subject, f"{text}\n\n{attacks.CODE}")) == ("none", None, None), name
        html = html_part.make("Hi", text, secret="S", language="en", portal_url="https://portal.example")
        inside = html.partition("<h1>Hi</h1>")[2].removesuffix("\n</main></body>\n</html>\n")
        for tag in (
            "<script",
            "<img",
            "<h1",
            "</main",
            'href="javascript',
            'href="https://portal.example.',
            '"onmouse',
        ):
            assert tag not in inside, name


def test_each_built_in_text_may_be_saved_as_it_is():
    for language in languages.offered():
        for event in EVENTS.values():
            texts = built_in.texts_of(event, language)
            assert checking.faults(event, texts) == [], (event.name, language)
            assert checking.typed(texts.subject, texts.text.replace("\n", "\r\n")) == texts


def test_a_field_that_is_misspelt_is_told_what_was_probably_meant():
    (fault,) = checking.faults(WELCOME, Texts("Hi", f"By {{{{ Redem_by }}}}\n{attacks.CODE}"))
    assert (fault.what, fault.near) == ("Redem_by", "redeem_by")


def test_not_more_than_the_first_faults_are_told():
    text = "\n".join(["{{ wrong }}"] * 90)
    found = checking.faults(WELCOME, Texts("Hi", text))
    assert [fault.line for fault in found] == [1, 2, 3, 4, 5]
