"""0017 on a database with files that wait: they stay, and the way back leaves alone what was remarked."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations.steps import down_below, rows, up_to, write

REVISION = "0017_choose_how_to_read"


def test_up_and_down_keep_every_file_and_row(in_use):
    down_below(REVISION)
    counts = "rows_read, rows_checked, new_count, same_count, differs_count, faulty_count"
    write(
        "INSERT INTO imports (id, kind, state, file_name, size, heads, ignored, absent, run, skips_faulty, created_at, "
        f"{counts}) VALUES (7, 'accounts', 'read', 'a.csv', 9, '[]', '[]', '[]', 1, false, '2026-03-01 00:00:00', "
        "2, 2, 1, 0, 1, 0)"
    )
    for line, verdict in ((2, "new"), (3, "differs")):
        write(
            "INSERT INTO staged_accounts (import_id, line, raw, key, verdict) "
            f"VALUES (7, {line}, '[]', 'k', '{verdict}')"
        )
    up_to(REVISION)
    (file,) = rows("imports")
    assert (file["choices"], file["reading"], file["accepted"], file["remarked_count"]) == ({}, {}, [], 0)
    assert [(row["verdict"], row["look"]) for row in rows("staged_accounts")] == [("new", None), ("differs", None)]
    write("UPDATE staged_accounts SET verdict = 'remarked', look = 'l' WHERE line = 2")
    write("UPDATE imports SET new_count = 0, remarked_count = 1")
    with pytest.raises(IntegrityError):
        write("UPDATE staged_accounts SET verdict = 'nothing'")
    down_below(REVISION)
    (file,) = rows("imports")
    assert (file["new_count"], file["differs_count"]) == (0, 2)
    assert {row["verdict"] for row in rows("staged_accounts")} == {"differs"}
    assert not {"choices", "reading", "accepted", "remarked_count"} & set(file)
    with pytest.raises(IntegrityError):
        write("UPDATE staged_accounts SET verdict = 'remarked'")
    assert {"ix_staged_accounts_key", "ix_staged_accounts_verdict"} <= {
        index["name"] for index in inspect(db.engine).get_indexes("staged_accounts")
    }
