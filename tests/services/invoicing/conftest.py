import pytest

from tests.services.invoicing.desk import Desk


@pytest.fixture
def desk(app, world) -> Desk:
    return Desk(app, world)
