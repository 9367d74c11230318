import pytest


@pytest.fixture
def flask(app):
    """`flask("products", "list")`, as on the command line."""
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=arguments)
