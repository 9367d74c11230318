import io

import pytest

from portal.extensions import db
from portal.models import User
from portal.services.imports.coupon_lists import uploads
from portal.services.imports.reading import NO_CHOICES
from tests.services.imports.coupon_files import begin
from tests.services.reconciliation.planted import Reconciler


@pytest.fixture
def reconciler(shop, work, sandbox) -> Reconciler:
    return Reconciler(shop, work, sandbox)


@pytest.fixture
def compare(shop, work, reconciler):
    def act(content: str | bytes, *, is_whole: bool = False, **more):
        raw = content.encode() if isinstance(content, str) else content
        with shop.app.app_context():
            by = db.session.get(User, shop.world.dana.id)
            upload = uploads.receive(file=io.BytesIO(raw), name="coupons.csv", by=by)
            if more:
                said = {"mapping": upload.mapping, "choices": NO_CHOICES, "is_remembered": False} | more
                uploads.read_again(upload, version=upload.version, by=by, **said)
            run_id = begin(upload, by, is_whole=is_whole)
        work.drain()
        return reconciler.read(run_id)

    return act
