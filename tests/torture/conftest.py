"""What the short proof uses, used for longer; and what was measured, for the end of the report."""

import pytest

from tests.proof.conftest import found, killing_sandbox  # noqa: F401

MEASURED: list[str] = []


@pytest.fixture
def measured():
    return MEASURED.append


def pytest_terminal_summary(terminalreporter):
    for line in MEASURED:
        terminalreporter.write_line(f"measured: {line}")
