import pytest

# `shop`, with the portal's own times, is what the tests of provisioning use; here time passes as there.
from tests.services.provisioning.conftest import server, settings, shop  # noqa: F401
from tests.services.retries.bulk import Bulk


@pytest.fixture
def bulk(shop):  # noqa: F811
    return Bulk(shop)
