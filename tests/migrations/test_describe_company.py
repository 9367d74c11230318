"""0031 on a database that is in use: the company comes empty, tax codes keep their rules, both go again."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0031_describe_company"
TAX_CODE = {
    "id": 1, "code": "AE", "code_key": "ae", "name": "Reverse charge", "category": "AE", "rate": 0, "reasons": {},
    "version": 1,
}  # fmt: skip


def _add(**columns) -> None:
    at = steps.rows("users")[0]["created_at"]
    steps.write(steps.table("tax_codes").insert().values(**TAX_CODE | {"created_at": at} | columns))


def test_up_down_and_up_again(in_use):
    steps.down_below(NAME)
    assert not {"company", "tax_codes"} & set(inspect(db.engine).get_table_names())
    steps.up_to(NAME)
    (row,) = steps.rows("company")
    filled = {name: value for name, value in row.items() if value is not None}
    assert filled == {"id": 1, "terms": {}, "version": 1}


def test_texts_of_before_stay_and_come_back(in_use):
    steps.down_below(NAME)
    accounts = steps.table("accounts")
    first = steps.rows("accounts")[0]["id"]
    steps.write(accounts.update().where(accounts.c.id == first).values(tax_code="ΔΟΥ"))
    steps.up_to(NAME)
    assert [row["tax_text"] for row in steps.rows("accounts")[:2]] == ["ΔΟΥ", None]
    assert {(row["invoice_rhythm"], row["invoice_delivery"]) for row in steps.rows("accounts")} == {("order", "mail")}
    _add()
    steps.write(steps.table("accounts").update().values(tax_code_id=1))
    steps.down_below(NAME)
    assert [row["tax_code"] for row in steps.rows("accounts")[:2]] == ["ΔΟΥ", "AE"]
    steps.up_to(NAME)
    assert [row["tax_text"] for row in steps.rows("accounts")[:2]] == ["ΔΟΥ", "AE"]


@pytest.mark.parametrize("column", ["invoice_rhythm", "invoice_delivery"])
def test_the_database_knows_the_choices(in_use, column):
    with pytest.raises(IntegrityError):
        steps.write(steps.table("accounts").update().values({column: "weekly"}))


def test_there_is_one_company(in_use):
    with pytest.raises(IntegrityError):
        steps.write("INSERT INTO company (id, terms, version) VALUES (2, '{}', 1)")


@pytest.mark.parametrize(
    "columns", [{"rate": 100}, {"category": "S"}, {"category": "S", "rate": 10000}, {"category": "X"}]
)
def test_the_database_keeps_rate_and_category(in_use, columns):
    _add()
    with pytest.raises(IntegrityError):
        _add(**{"id": 2, "code_key": "other"} | columns)


def test_the_database_keeps_codes_apart(in_use):
    _add()
    with pytest.raises(IntegrityError):
        _add(id=2)
