"""The name of a download, and when it is on record."""

from urllib.parse import unquote

import pytest

from portal.models import AuditEntry, SecurityEvent
from portal.services.imports import import_rejects
from portal.web.pages.downloads import disposition
from tests.files import asset, bring, written

pytestmark = pytest.mark.sqlite  # tests/serving/test_downloads.py asks both databases


@pytest.mark.parametrize(
    "name, plain, wide",
    [
        ("R-1.csv", "R-1.csv", None),
        ("Kunden Müller.csv", "Kunden Muller.csv", "Kunden Müller.csv"),
        ("Άδειες 2026.csv", "______ 2026.csv", "Άδειες 2026.csv"),
        ('a "b" 50%.csv', "a _b_ 50_.csv", "a _b_ 50%.csv"),
        ("a/b\\c\r\nSet-Cookie: x.csv", "a_b_cSet-Cookie_ x.csv", None),
        ("invoice\u202excod.csv", "invoice_xcod.csv", None),
        ("...", "download", None),
    ],
)
def test_each_name_is_ascii_and_keeps_its_letters(name, plain, wide):
    header = disposition(name)
    assert header.isascii()
    first, _, second = header.partition("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}"'
    assert (unquote(second) or None) == wide


def test_a_long_name_keeps_its_end():
    name = unquote(disposition("ä" * 300 + "-rejects-17.csv").partition("''")[2])
    assert len(name) == 200
    assert name.endswith("-rejects-17.csv")


@pytest.fixture
def asked(browse, world, monkeypatch):
    """`asked(rows)`: the rejects file is asked for, and reading it fails after so many rows."""
    dana = browse("dana")
    file = bring(world, written([asset(number, Quantity="ten") for number in range(1, 4)]))
    lines = import_rejects.lines

    def ask(rows: int):
        def broken(file):
            yield from (line for _, line in zip(range(rows + 1), lines(file), strict=False))
            raise OSError("the database is gone")

        monkeypatch.setattr(import_rejects, "lines", broken)
        answer = dana.client.post(f"/bss/tools/imports/{file.id}/rejects", data={"csrf_token": dana.token()})
        with pytest.raises(OSError, match="gone"):
            _ = answer.data

    return ask


@pytest.mark.parametrize("rows, acts", [(0, []), (2, ["broken_off"])])
def test_a_download_that_failed_is_not_on_record_as_done(app, world, asked, rows, acts):
    asked(rows)
    with app.app_context():
        found = AuditEntry.query.filter_by(subject="import").all()
        assert [each.act for each in found] == acts
        assert [each.after for each in found] == [f"{rows} rows sent"] * len(acts)


def test_codes_that_could_not_be_read_are_not_noted_as_exported(app, world, browse, monkeypatch):
    world.asset("synchronized", code="TEST-0001")
    dana = browse("dana")

    def broken(*_):
        raise OSError("the database is gone")
        yield

    monkeypatch.setattr("portal.services.lists.exports.batches", broken)
    answer = dana.client.post("/bss/billing/assets/exports", data={"csrf_token": dana.token()})
    with pytest.raises(OSError, match="gone"):
        _ = answer.data
    with app.app_context():
        assert [each for each in SecurityEvent.query if each.event == "codes_exported"] == []
