"""What tests of the company share."""

import pytest


@pytest.fixture
def in_context(app):
    """For the sentences."""
    with app.app_context():
        yield
