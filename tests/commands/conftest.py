import pytest

from portal.commands import reconciling


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Where BitTitan does not answer."""
    monkeypatch.setattr(reconciling, "LONGEST_PAUSE", 0)


@pytest.fixture
def flask(app):
    """`flask("products", "list")`, as on the command line."""
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=arguments)
