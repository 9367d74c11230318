"""Codes for many assets at once, pasted: checked at BitTitan, and attached where a person says so."""

import pytest

pytestmark = pytest.mark.sqlite


@pytest.fixture
def dana(browse):
    return browse("dana")


def issue(world, sandbox, *codes: str) -> None:
    held = {"OrganizationId": world.partner.organization_id, "Quantity": 25}
    sandbox.control.put_coupons([held | {"Code": code} for code in codes])


def test_pasted_codes_are_checked_and_attached_with_one_press(world, dana, work, sandbox):
    first, second, unknown, open_one = world.asset(), world.asset(), world.asset(), world.asset("unconfirmed")
    issue(world, sandbox, "SBX-HAND-0001", "SBX-HAND-0002")
    page = dana.press(dana.open("bss.assets.index"), "Attach codes")
    lines = [
        f"{first.number};SBX-HAND-0001",
        f"{second.number};SBX-HAND-0002",
        f"{unknown.number};SBX-HAND-0003",
        f"{open_one.number};SBX-HAND-0004",
        "AS-99999;SBX-HAND-0005",
        "AS-12",
    ]
    page = dana.submit(page, "Check the codes", text="\n".join(lines))
    work.drain()
    page = dana.visit(page.url)
    assert "SBX-HAND" not in page.text
    for said in ("…0001", "knows no such code", "There is no AS-99999", "The line ends after"):
        assert said in page.text
    assert "Attach all 2 codes that BitTitan shows as ordered" in page.text

    dana.submit(page, form=page.one("#apply-import"), all_codes=True, skip_faulty=True)
    work.drain()

    codes = [world.code_of(each) for each in (first, second, unknown, open_one)]
    assert codes == ["SBX-HAND-0001", "SBX-HAND-0002", None, None]
    assert sandbox.control.purchases() == []
    done = dana.visit(page.url)
    assert done.facts["Attached"].startswith("2")
    assert "SBX-HAND" not in done.text


def test_without_a_line_nothing_is_read(dana):
    page = dana.submit(dana.open("bss.imports.codes"), "Check the codes", text=" ")
    assert page.status == 422
    assert page.errors == ["Paste some lines, each with the number of an asset and its code."]


def test_what_was_pasted_is_in_no_address_and_not_shown_again(world, dana, caplog):
    page = dana.submit(dana.open("bss.imports.codes"), "Check the codes", text="AS-1 SBX-HAND-0001")
    assert "SBX-HAND" not in page.url
    assert "SBX-HAND" not in page.text
    assert "SBX-HAND" not in caplog.text
