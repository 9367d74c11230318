"""Files that went wrong somewhere, by upload and by command: those of tests/data/cases, and others of their kind."""

import json
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from portal.core import access, errors
from portal.extensions import db
from portal.models import Account, Asset, ImportState, RowResult
from portal.services import imports
from portal.services.imports.reading import Choices
from tests.files import CASES, account, apply, asset, bring, counts, written

pytestmark = pytest.mark.sqlite  # what a file says is read without the database: once is enough


@dataclass(frozen=True)
class Outcome:
    new: int
    faulty: dict[str, str]
    """The reasons by the first cell of their row."""
    remarked: dict[str, str]
    reading: str


@pytest.fixture
def old_world(world, app_context):
    """With the accounts that the cases name."""
    world.edit(world.partner, code="PART-001")
    world.edit(world.customer, code="CUST-0001", name="Quartz Legal LLP", bittitan_email="it@customer1.example")
    return world


@pytest.fixture(params=["upload", "command"])
def read(request, old_world, tmp_path):
    """`read("dates-undecided.csv", dates="month-first")`: by either door."""
    return lambda case, **choices: _DOORS[request.param](old_world, tmp_path, _content(case), choices)


def _content(case: str | bytes) -> bytes:
    return case if isinstance(case, bytes) else (CASES / case).read_bytes()


def _uploaded(world, _folder, content: bytes, choices: dict) -> Outcome:
    file = bring(world, content)
    if choices:
        file = imports.one(imports.read_again(file, choices=Choices.of(choices)).id)
    assert file.state is ImportState.READ, file.problem
    by_verdict = {
        verdict: {line: " ".join(f"{column}: {why}" for column, why in told)
                  for line, told in imports.findings(file, verdict, 0)[0]}
        for verdict in (RowResult.FAULTY, RowResult.REMARKED)
    }  # fmt: skip
    return Outcome(file.new_count, *(_by_cell(content, each) for each in by_verdict.values()),
                   " ".join(imports.told(file)))  # fmt: skip


def _commanded(world, folder, content: bytes, choices: dict) -> Outcome:
    path = folder / "case.csv"
    path.write_bytes(content)
    options = [word for name, value in choices.items() for word in (f"--{name}", value)]
    group = "assets" if b"Asset ID" in content else "accounts"
    said = world.app.test_cli_runner().invoke(args=[group, "import", str(path), "--json", *options])
    assert said.exit_code == 0, said.output
    facts = json.loads(said.stdout)
    rows = ({}, {})
    for told, name in zip(rows, ("faulty_rows", "remarked_rows"), strict=True):
        for row in facts[name]:
            told[row["line"]] = f"{told.get(row['line'], '')} {row['column']}: {row['reason']}"
    return Outcome(facts["new"], *(_by_cell(content, each) for each in rows), " ".join(facts["reading"]))


def _by_cell(content: bytes, by_line: dict[int, str]) -> dict[str, str]:
    lines = content.decode("utf-8", "replace").splitlines()
    return {lines[number - 1].split(",")[0]: why for number, why in by_line.items()}


_DOORS = {"upload": _uploaded, "command": _commanded}


def bought_here(number: int = 1, **cells: str) -> dict[str, str]:
    return asset(number, **{"Customer_Code": "CUST-0001", "Billing_To_Code": "PART-001"} | cells)


def dated(*texts: str) -> bytes:
    return written([bought_here(number, Purchase_Date=text) for number, text in enumerate(texts)])


def bought(number: int) -> date:
    return db.session.scalar(select(Asset.purchased_on).where(Asset.external_id == f"OLD-{number}"))


def test_what_is_no_code_is_refused_and_not_repeated(read):
    said = read("codes-that-are-none.csv")
    assert (said.new, len(said.faulty)) == (0, 30)
    cells = [line.rsplit(",", 1)[1] for line in _content("codes-that-are-none.csv").decode().splitlines()[1:]]
    for cell, why in zip(cells, said.faulty.values(), strict=True):
        assert why.strip().startswith("BitTitan's Coupon Code: That is no coupon code.")
        assert len(cell) < 6 or cell.isalpha() or cell not in why


def test_good_codes_stay_good(read):
    said = read("codes-that-are-good.csv")
    assert (said.new, said.faulty) == (5, {})


def test_a_month_first_file_is_not_half_taken(read):
    said = read("dates-month-first.csv")
    assert (said.new, list(said.faulty)) == (1, ["US-0", "US-1", "US-2", "US-3", "US-4", "US-5"])
    assert "this file seems to put the month first" in said.faulty["US-0"]
    assert "has the month first" in said.faulty["US-1"]
    assert "seems to put the month first, as in 02/13/2026 on line 3" in said.reading
    said = read("dates-month-first.csv", dates="month-first")
    assert (said.new, said.faulty) == (7, {})
    assert "the month was read first, as you said. 01/02/2026 is 2 January 2026." in said.reading


def test_a_day_first_file_is_taken(read):
    said = read("dates-day-first.csv")
    assert (said.new, said.faulty) == (6, {})
    assert "the day comes first, as in 13/02/2026 on line 3. 01/02/2026 is 1 February 2026." in said.reading


def test_dates_that_contradict_each_other_are_taken_where_they_are_certain(read):
    said = read("dates-both-ways.csv")
    assert (said.new, list(said.faulty)) == (2, ["BO-0", "BO-2"])
    assert "contradict each other" in said.faulty["BO-2"]
    assert "02/13/2026 on line 2 puts the month first, 25/03/2026 on line 3 the day" in said.reading
    chosen = read("dates-both-ways.csv", dates="day-first")
    assert (chosen.new, list(chosen.faulty)) == (3, ["BO-0"])


def test_undecided_dates_are_read_day_first_and_that_is_said(read):
    said = read("dates-undecided.csv")
    assert (said.new, said.faulty) == (3, {})
    assert "The day was read first: 01/02/2026 is 1 February 2026." in said.reading


@pytest.mark.parametrize("decisive", ["02/13/26", "02/13/2026 14:35", "2/13/2026 12:00:00 AM", "02.13.2026"])
def test_a_date_that_is_refused_may_still_decide(read, decisive):
    said = read(dated("01/02/2026", decisive, "2026-02-01"))
    assert "OLD-0" in said.faulty
    assert "OLD-2" not in said.faulty


def test_the_sample_is_a_date_that_tells_something(read):
    assert "01/02/2026 is 1 February 2026" in read(dated("05/05/2026", "01/02/2026")).reading
    assert read(dated("2026-02-01")).reading == ""


def test_dates_with_a_time(read):
    said = read("dates-with-a-time.csv")
    assert (said.new, list(said.faulty)) == (2, ["TM-1", "TM-2", "TM-4", "TM-5"])
    assert "has a time of day, 09:15:22.123Z" in said.faulty["TM-1"]
    assert "has a time of day, 14:35" in said.faulty["TM-2"]
    assert "is no date" in said.faulty["TM-4"]
    assert "is no date" in said.faulty["TM-5"]


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [("2026-02-01T00:00:00.000+02:00", True), ("01/02/2026 12:00:00 AM", True), ("01.02.2026 00:00 Uhr", True),
     ("2026-02-01 00:00:00 UTC", True), ("1/2/2026 0:00", True), ("01/02/2026 12:00:00 PM", False),
     ("2026-02-01T23:59:59Z", False), ("01/02/2026 00:01", False), ("yesterday 00:00", False)],
)  # fmt: skip
def test_midnight_is_the_day(old_world, text, is_taken):
    file = bring(old_world, written([bought_here(Purchase_Date=text)]))
    assert file.new_count == is_taken
    if is_taken:
        apply(old_world, file)
        assert bought(1) == date(2026, 2, 1)


@pytest.mark.parametrize("case", ["ends-with-ctrl-z.csv", "ends-with-nul-bytes.csv"])
def test_what_is_left_at_the_end_is_no_row(read, case):
    said = read(case)
    assert (said.new, said.faulty) == (1, {})


def test_numbers_with_separators_are_asked_about(read):
    rows = written(bought_here(number, Quantity=text) for number, text in enumerate(("1,000", "5.0", "25", "1.000")))
    said = read(rows)
    assert (said.new, list(said.faulty)) == (1, ["OLD-0", "OLD-1", "OLD-3"])
    assert "Quantity: 1,000 on line 2 has a separator" in said.reading
    said = read(rows, numbers="comma")
    assert (said.new, list(said.faulty)) == (3, ["OLD-3"])
    assert "1,000 is 1000" in said.reading
    assert list(read(rows, numbers="point").faulty) == ["OLD-0", "OLD-1"]


def test_letters_are_shown_and_can_be_chosen(read):
    rows = written([account("NEW-1", Name="Σύννεφο", Parent_Code="PART-001")], encoding="cp1253")
    assert "Σύννεφο" not in read(rows).reading
    assert "Names read like this: “Σύννεφο”." in read(rows, letters="cp1253").reading


@pytest.fixture
def zeros(old_world):
    """With 0042 Zero Four Two GmbH."""
    row = written([account("0042", Name="Zero Four Two GmbH", Parent_Code="PART-001")
                   | {"BitTitan E-mail": "it@zero42.example"}])  # fmt: skip
    apply(old_world, bring(old_world, row))
    return old_world


def test_accounts_after_a_spreadsheet_are_remarked(zeros, read):
    said = read("accounts-after-a-spreadsheet.csv")
    assert (said.new, sorted(said.faulty)) == (1, ["#N/A", "1E+05"])
    assert list(said.remarked) == ["42", "СUST-0001", "CUST–0001", "NEW-1"]
    assert "Looks like 0042 Zero Four Two GmbH, which is there already" in said.remarked["42"]
    assert "Looks like CUST-0001 Quartz Legal LLP" in said.remarked["СUST-0001"]
    assert "the same name and e-mail address" in said.remarked["NEW-1"]


def test_remarked_rows_are_taken_by_who_has_seen_them(zeros):
    file = bring(zeros, _content("accounts-after-a-spreadsheet.csv"))
    assert (counts(file), file.remarked_count) == ((1, 0, 0, 2), 4)
    imports.ask_to_apply(file, skip_faulty=True, by=zeros.dana, accepted={2})
    file = imports.one(file.id)
    assert (file.state, file.new_count, file.remarked_count) == (ImportState.APPLIED, 2, 3)
    assert access.account_by_code("42").name == "Zero Four Two GmbH"
    assert access.account_by_code("NEW-1") is None
    again = bring(zeros, _content("accounts-after-a-spreadsheet.csv"))
    assert (again.same_count, again.remarked_count) == (2, 3)
    with pytest.raises(errors.Conflict, match="Tick the rows"):
        imports.ask_to_apply(again, skip_faulty=True, by=zeros.dana)


def test_a_tick_is_for_what_was_seen(zeros):
    """The row that is ticked looks like another account when it is applied."""
    file = bring(zeros, written([account("42", Parent_Code="PART-001"), account("43", Parent_Code="PART-001")]))
    imports.ask_to_apply(file, skip_faulty=False, by=None, accepted={2})
    zeros.edit(access.account_by_code("0042"), code="00042")
    imports.apply(imports.one(file.id))
    file = imports.one(file.id)
    assert (file.state, file.new_count, file.remarked_count) == (ImportState.READ, 1, 1)
    assert "looks like something else" in file.problem
    assert access.account_by_code("43") is None
    imports.ask_to_apply(file, skip_faulty=False, by=zeros.dana, accepted={2})
    assert imports.one(file.id).new_count == 2


def test_lines_are_named_to_the_command(zeros, tmp_path):
    path = tmp_path / "case.csv"
    path.write_bytes(_content("accounts-after-a-spreadsheet.csv"))
    run = zeros.app.test_cli_runner().invoke
    said = run(args=["accounts", "import", str(path), "--apply", "--skip-faulty"])
    assert "line 2 is left out, unless --take-line 2 is given, Code: Looks like 0042" in said.output
    assert "1 new and taken" in said.output
    said = run(args=["accounts", "import", str(path), "--apply", "--skip-faulty", "--take-line", "2"])
    assert "1 new and taken, 1 already there" in said.output
    assert {"42", "NEW-2"} <= set(db.session.scalars(select(Account.code)))
    assert access.account_by_code("NEW-1") is None


def test_rows_of_one_file_that_look_alike_are_remarked_as_well(read):
    rows = [account(code, Name=code, Parent_Code="PART-001") for code in ("0077", "77", "78")]
    said = read(written(rows))
    assert (said.new, list(said.remarked)) == (2, ["77"])
    assert "Looks like the code on line 2 of this file" in said.remarked["77"]


def test_who_hangs_under_a_remarked_partner_waits_with_it(zeros):
    rows = [account("PART-0O1", Type="partner", Parent_Code="DIST-1", Name="Again"),
            account("C-1", Parent_Code="PART-0O1", Name="Below")]  # fmt: skip
    file = bring(zeros, written(rows))
    assert (counts(file), file.remarked_count) == ((0, 0, 0, 0), 2)
    imports.ask_to_apply(file, skip_faulty=False, by=zeros.dana, accepted={3})
    assert access.account_by_code("C-1") is None
    imports.ask_to_apply(file, skip_faulty=False, by=zeros.dana, accepted={2})
    assert imports.one(file.id).new_count == 2


def test_what_is_recorded_already_comes_back_as_it_is(old_world):
    """However it came in: an export that is imported again changes nothing."""
    old_world.asset("synchronized", code="1E+15", external_id="TRUE", external_key="true", name="#N/A")
    row = bought_here(Name="#N/A", Coupon="1E+15", Asset_ID="TRUE")
    assert counts(bring(old_world, written([row]))) == (0, 0, 1, 0)
    other = bought_here(2, Name="#N/A")
    assert counts(bring(old_world, written([row | {"Asset ID": "FALSE"}, other]))) == (0, 0, 0, 2)
    old_world.edit(old_world.customer, code="nan")
    rows = [account("nan", Name="Quartz Legal LLP", Parent_Code="PART-001")]
    assert bring(old_world, written(rows)).faulty_count == 0
    assert counts(bring(old_world, written([row | {"Customer Code": "nan"}]))) == (0, 0, 1, 0)
