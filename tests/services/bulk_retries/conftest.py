import pytest

from tests.services.bulk_retries.bulk import Bulk


@pytest.fixture
def bulk(shop):
    return Bulk(shop)
