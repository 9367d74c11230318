import pytest

from portal.demo.people import SIGN_INS


def test_the_demo_is_loaded_once(flask):
    assert flask("demo", "--assets", "40").exit_code == 0

    again = flask("demo", "--assets", "40")
    assert again.exit_code == 4
    assert "empty database" in again.stderr

    silent = flask("demo", "--if-empty")
    assert (silent.exit_code, silent.output) == (0, "")


def test_sign_ins_are_said_where_there_are_any(flask, settings):
    assert flask("demo", "--sign-ins").output == ""

    flask("demo", "--assets", "1")
    said = flask("demo", "--sign-ins").output

    assert all(email in said for *_, email in SIGN_INS)
    assert (settings.data_dir / "demo-password").read_text() in said


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("number", ["-1", "many", "5000001"])
def test_a_nonsensical_number_is_refused(flask, number):
    assert flask("demo", "--assets", number).exit_code == 2
