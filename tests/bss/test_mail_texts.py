"""Setup > Mail texts: written, checked, previewed, saved, set back, and its history."""

import pytest

from portal.services.mail import events
from portal.services.mail.texts import built_in
from tests import mails

pytestmark = pytest.mark.sqlite
CODE = "SBX-SECR-ET12-3456"
GOOD = {"subject": "Your code for {{ asset }}", "text": "Hello <b>you</b>,\n\n{{ code }}\n\nSee it:\n{{ link }}"}
RESET = "Reset to the built-in text"
WELCOME = {"event": "welcome", "language": "en"}


def typed(page) -> tuple[str, str]:
    return page.soup.select_one("[name=subject]")["value"], page.soup.select_one("[name=text]").text.strip()


def chips(page) -> list[str]:
    return [chip.get_text(" ", strip=True) for chip in page.soup.select("nav.chips a")]


def test_the_list_names_each_mail_and_who_changed_it(world, browse):
    dora = browse("dora")
    page = dora.open("bss.mail_texts.index")
    assert "All mails have the built-in texts." in page.text
    assert len(page.soup.select("tbody tr")) == len(events.EVENTS)

    mails.text(world, "invoice", "de", subject="Rechnung", text="{{ number }}")
    page = dora.open("bss.mail_texts.index")
    assert "All mails have" not in page.text
    (row,) = [row.get_text(" ", strip=True) for row in page.soup.select("tbody tr") if "Deutsch" in row.text]
    assert row.startswith("Invoice Who pays Deutsch")
    assert row.endswith(world.dora.name)


def test_each_text_opens_with_its_fields_and_a_preview_in_each_language(world, browse):
    dora = browse("dora")
    world.asset("synchronized", code=CODE)
    for event in events.EVENTS.values():
        page = dora.open("bss.mail_texts.edit", event=event.name, language="de")
        with world.app.app_context():
            names, texts = built_in.fields_of(event), built_in.texts_of(event, "de")
        assert typed(page) == (texts.subject, texts.text)
        assert [each.text for each in page.soup.select("dl.names code")] == [f"{{{{ {name} }}}}" for name in names]
        assert "{{" not in page.soup.select_one(".sheet").text
        assert CODE not in page.body


def test_return_only_checks_and_the_preview_shows_what_was_typed(world, browse):
    asset, dora = world.asset("synchronized", code=CODE, name="Mailboxes for the move"), browse("dora")
    page = dora.submit(dora.open("bss.mail_texts.edit", **WELCOME), "Check and preview", **GOOD)

    assert page.status == 200
    assert "Nothing is saved yet." in page.text
    assert typed(page) == (GOOD["subject"], GOOD["text"])
    shown = page.soup.select_one("[aria-labelledby=preview-title]").get_text(" ", strip=True)
    assert f"With {asset.number}" in shown
    assert "Your code for Mailboxes for the move" in shown
    assert "Hello <b>you</b>, •••• See it:" in shown.replace("\n\n", " ").replace("\n", " ")
    assert CODE not in page.body
    assert chips(dora.open("bss.mail_texts.edit", **WELCOME))[0] == "English built in"


def test_the_preview_shows_the_asset_that_was_chosen(world, browse):
    chosen, dora = world.asset("synchronized", name="Chosen"), browse("dora")
    world.asset("synchronized", name="Newest")
    page = dora.open("bss.mail_texts.edit", **WELCOME)
    page = dora.submit(page, "Check and preview", **GOOD, asset=f" {chosen.number.lower()} ")
    assert "Your code for Chosen" in page.one("[aria-labelledby=preview-title]").text
    given = GOOD | {"csrf_token": dora.token(), "version": "0", "asset": page.value("asset")}
    assert "Your code for Chosen" in dora.raw("POST", dora.url("bss.mail_texts.preview", **WELCOME), data=given).text
    page = dora.submit(dora.open("bss.mail_texts.edit", **WELCOME), "Check and preview", **GOOD, asset="AS-99999")
    assert (page.status, len(page.errors)) == (422, 1)
    assert "There is no asset with this number" in page.errors[0]
    assert "Newest" not in page.one("[aria-labelledby=preview-title]").text
    assert "Saved." in dora.submit(page, "Save").flash


def test_the_html_part_of_what_was_typed_is_made_by_us_and_masked(world, browse):
    world.asset("synchronized", code=CODE)
    dora = browse("dora")
    given = GOOD | {"csrf_token": dora.token(), "version": "0"}
    answer = dora.raw("POST", dora.url("bss.mail_texts.preview", **WELCOME), data=given)

    html = answer.get_data(as_text=True)
    assert "<p>Hello &lt;b&gt;you&lt;/b&gt;,</p>" in html
    assert '<p class="code">••••</p>' in html
    assert 'class="button"' in html
    assert CODE not in html
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_wrong_text_is_refused_with_line_and_column_and_stays_in_the_form(world, browse):
    dora = browse("dora")
    text = "Hello,\n\nuse it by {{ redem_by }}\n\n{{ code }}"
    page = dora.submit(dora.open("bss.mail_texts.edit", **WELCOME), "Save", subject="Code {{ code }}", text=text)

    assert page.status == 422
    assert "Not saved: subject, column 6" in page.text
    assert "Line 3, column 11: There is no field “redem_by”. Did you mean “redeem_by”?" in page.text
    marked = [mark.text for mark in page.soup.select(".source__fault")]
    assert marked == ["{{ code }}", "{{ redem_by }}"]
    assert typed(page) == ("Code {{ code }}", text)
    assert "Nobody has changed this text." in page.text


def test_saving_makes_a_version_and_a_reset_another_one(world, browse):
    dora = browse("dora")
    page = dora.submit(dora.open("bss.mail_texts.edit", **WELCOME), "Save", **GOOD)
    assert "Saved." in page.flash
    assert chips(page)[:2] == ["English own text", "Deutsch built in"]
    assert "Version 1 Another subject and text" in page.text

    page = dora.submit(page, RESET)
    assert page.status == 422
    assert "Tick this first." in page.text
    page = dora.submit(page, RESET, is_sure=True)
    assert "Mails have the built-in text again." in page.flash
    assert chips(page)[0] == "English built in"
    assert "Version 2 The built-in text" in page.text
    assert not page.soup.select("#reset")


def test_an_earlier_version_stands_beside_the_one_in_use_and_comes_back_into_the_form(world, browse):
    dora = browse("dora")
    for subject in ("First", "Second"):
        mails.text(world, subject=subject)
    page = dora.open("bss.mail_texts.version", **WELCOME, number=1)
    assert [mark.text for mark in page.soup.select(".diff")] == ["First", "Second"]

    page = dora.visit(page.soup.select_one(".page-head a.btn")["href"])
    assert typed(page)[0] == "First"
    page = dora.submit(page, "Save")
    assert typed(page)[0] == "First"
    assert "Version 3 Another subject" in page.text
    for start in ("9", "x"):
        assert dora.raw("GET", dora.url("bss.mail_texts.edit", **WELCOME) + f"?from={start}").status_code == 404


@pytest.mark.parametrize("button", ["Check and preview", "Save"])
def test_who_is_slower_sees_both_texts_and_saves_nothing(world, browse, button):
    dora = browse("dora")
    form = dora.open("bss.mail_texts.edit", **WELCOME)
    mails.text(world, subject="Somebody else’s")
    page = dora.submit(form, button, **GOOD)

    assert page.status == 409
    assert [mark.text for mark in page.soup.select("code.diff")] == [GOOD["subject"], "Somebody else’s"]
    assert typed(page)[0] == GOOD["subject"]
    page = dora.submit(page, "Save")
    assert "Saved." in page.flash


def test_a_reset_of_what_somebody_else_has_saved_since_is_refused(world, browse):
    dora = browse("dora")
    mails.text(world)
    form = dora.open("bss.mail_texts.edit", **WELCOME)
    mails.text(world, subject="Somebody else’s")
    page = dora.submit(form, RESET, is_sure=True)

    assert page.status == 409
    assert "Somebody else saved this text" in page.text
    assert typed(page)[0] == "Somebody else’s"


def test_a_reset_without_its_tick_does_not_let_the_next_press_put_an_unseen_text_aside(world, browse):
    mails.text(world, "welcome", text="first {{ code }}")
    dora = browse("dora")
    page = dora.open("bss.mail_texts.edit", **WELCOME)
    mails.text(world, "welcome", text="second {{ code }}")
    refused = dora.submit(page, RESET)
    assert (refused.status, "Somebody else saved this text" in refused.text) == (409, True)


def test_a_tab_is_called_by_its_name(world, browse):
    dora = browse("dora")
    page = dora.open("bss.mail_texts.edit", **WELCOME)
    page = dora.submit(page, "Save", subject=GOOD["subject"], text="\t{{ code }}")
    assert "U+0009 Tab. Leave it out." in page.text


def test_a_text_that_does_not_fit_any_more_opens_with_its_fault(world, browse):
    mails.text(world, text="{{ gone }}\n{{ code }}")
    page = browse("dora").open("bss.mail_texts.edit", **WELCOME)
    assert page.status == 200
    assert "Line 1, column 1: There is no field “gone”" in page.text


def test_long_histories_go_on_on_another_page(world, browse):
    dora = browse("dora")
    for number in range(12):
        mails.text(world, subject=f"No. {number}")
    page = dora.open("bss.mail_texts.edit", **WELCOME)
    assert len(page.soup.select("li.list__row")) == 10
    page = dora.visit(page.links["Older versions"])
    assert [row.select_one("a").text for row in page.soup.select("li.list__row")] == ["Version 2", "Version 1"]


@pytest.mark.parametrize("wrong", [{"event": "no-such"}, {"language": "xx"}, {"language": "EN"}])
def test_another_mail_or_language_does_not_exist(world, browse, wrong):
    dora = browse("dora")
    dora.is_watched = False
    assert dora.raw("GET", dora.url("bss.mail_texts.edit", **WELCOME | wrong)).status_code == 404
