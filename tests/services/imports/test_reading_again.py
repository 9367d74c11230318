"""A file that waits is read again, in another way."""

import pytest
from sqlalchemy import select

from portal.core import errors
from portal.extensions import db
from portal.models import ImportState, StagedAsset
from portal.services import imports
from portal.services.imports.reading import Choices
from portal.services.imports.reading.dates import DateOrder
from portal.worker.loop import run_due
from tests.files import account, apply, asset, bring, written


@pytest.fixture(autouse=True)
def _context(app_context):
    """Services are called directly."""


def test_a_large_file_is_read_again_by_a_worker(world):
    file = bring(world, written([asset(number, Name="x" * 100, Purchase_Date="01/02/2026") for number in range(1500)]))
    run_due()
    file = imports.read_again(imports.one(file.id), choices=Choices(dates=DateOrder.MONTH))
    assert file.state is ImportState.READING
    run_due()
    assert (imports.one(file.id).state, imports.one(file.id).new_count) == (ImportState.READ, 1500)
    assert {str(day) for day in db.session.scalars(select(StagedAsset.purchased_on))} == {"2026-01-02"}


def test_a_file_that_was_applied_is_not_read_again(world):
    file = apply(world, bring(world, written([account("NEW-9")])))
    with pytest.raises(errors.Conflict):
        imports.read_again(file, choices=Choices())
