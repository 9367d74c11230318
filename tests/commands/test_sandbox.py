import pytest


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("option", [("--delay", "-1"), ("--delay", "soon"), ("--rate", "-1"), ("--seed", "x")])
def test_the_sandbox_refuses_nonsense(flask, option):
    refused = flask("sandbox", *option)
    assert (refused.exit_code, option[0] in refused.stderr) == (2, True)
