from functools import partial

import pytest

from tests.services.bulk_operations.bulk import Bulk


@pytest.fixture
def bulk(shop):
    return Bulk(shop)


@pytest.fixture
def bought(bulk, sandbox):
    return partial(bulk.bought, sandbox)
