"""0020 on a database with files that wait: they stay, and the way back leaves alone what brought a code."""

import pytest
from sqlalchemy.exc import IntegrityError

from tests.migrations.steps import down_below, rows, up_to, write

REVISION = "0020_attach_from_file"


def test_up_and_down_keep_every_file_and_row(in_use):
    down_below(REVISION)
    write(
        "INSERT INTO imports (id, kind, state, file_name, size, heads, ignored, absent, choices, reading, accepted, "
        "run, skips_faulty, created_at, rows_read, rows_checked, new_count, same_count, differs_count, faulty_count, "
        "remarked_count) VALUES (7, 'assets', 'read', 'a.csv', 9, '[]', '[]', '[]', '{}', '{}', '[]', 1, false, "
        "'2026-03-01 00:00:00', 2, 2, 1, 0, 1, 0, 0)"
    )
    for line, verdict in ((2, "new"), (3, "differs")):
        write(
            "INSERT INTO staged_assets (import_id, line, raw, key, verdict, reference) "
            f"VALUES (7, {line}, '[]', 'k', '{verdict}', 'r')"
        )
    up_to(REVISION)
    assert rows("imports")[0]["attach_count"] == 0
    assert [(row["verdict"], row["asset_id"]) for row in rows("staged_assets")] == [("new", None), ("differs", None)]
    write("UPDATE staged_assets SET verdict = 'attach', asset_id = 1, code_result = 'match' WHERE line = 2")
    write("UPDATE imports SET new_count = 0, attach_count = 1")
    with pytest.raises(IntegrityError):
        write("UPDATE staged_assets SET verdict = 'nothing'")
    down_below(REVISION)
    (file,) = rows("imports")
    assert (file["new_count"], file["differs_count"]) == (0, 2)
    assert {row["verdict"] for row in rows("staged_assets")} == {"differs"}
    assert not {"asset_id", "code_result", "code_told"} & set(rows("staged_assets")[0])
    with pytest.raises(IntegrityError):
        write("UPDATE staged_assets SET verdict = 'attach'")
