import pytest

from tests.services.reconciliation.planted import Reconciler


@pytest.fixture
def reconciler(shop, work, sandbox) -> Reconciler:
    return Reconciler(shop, work, sandbox)
