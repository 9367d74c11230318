"""What a person does with a bulk operation, each act in a context of its own, as in a process of its own."""

from collections import Counter

from portal.extensions import db
from portal.models import Asset, BulkItem, BulkKind, BulkOperation, BulkOrigin, Coupon
from portal.services import bulk_lists, bulk_operations
from portal.services.bulk_operations import OPERATIONS, bulk_items, bulk_page
from portal.services.lists.list_filters import Filters
from tests.services.shop import Shop

CHOICES = {
    BulkKind.CANCEL: {"reason": "Ordered twice"},
    BulkKind.ANNOTATE: {"mode": "append", "text": "Called on Monday"},
    BulkKind.RENAME: {"mode": "one", "text": "Mailboxes"},
    BulkKind.CHECK: {},
}


class Bulk:
    def __init__(self, shop: Shop):
        self.shop = shop

    def bought(self, sandbox, **columns) -> Asset:
        """A synchronized asset whose coupon BitTitan has, too."""
        world = self.shop.world
        asset = world.asset("synchronized", **columns)
        (coupon,) = self.shop.all(Coupon, Coupon.asset_id == asset.id)
        held = {"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": coupon.reference}
        held |= {"Quantity": asset.quantity, "OrganizationId": world.partner.organization_id}
        sandbox.control.put_coupons([held])
        return asset

    def pick(self, kind: str, *assets) -> int:
        """The new operation's id."""
        ids = [asset.id for asset in assets]
        return self._do(lambda: bulk_operations.prepare_picked(BulkKind(kind), ids, by=self.shop.dana).id)

    def match(self, kind: str, filters: Filters | None = None, origin: BulkOrigin = BulkOrigin.MATCHING) -> int:
        prepare, chosen = bulk_operations.prepare_matching, filters or Filters()
        return self._do(lambda: prepare(BulkKind(kind), chosen, "", by=self.shop.dana, origin=origin).id)

    def choose(self, operation_id: int, **choices) -> None:
        self._do(lambda: self._choose(self._row(operation_id), choices))

    def start(self, operation_id: int, version: int | None = None, choices: dict | None = None) -> None:
        with self.shop.app.app_context():
            row = self._row(operation_id)
            chosen = choices or row.choices or CHOICES[row.kind]
            if not row.is_chosen:
                self._choose(row, chosen)
            seen = bulk_lists.count_possible(OPERATIONS, row) if version is None else version
            bulk_operations.start(row, version=seen, by=self.shop.dana, choices=chosen)

    def start_blind(self, operation_id: int) -> None:
        """Without a preview of what is to happen."""
        choices = CHOICES[BulkKind.ANNOTATE]
        self._do(lambda: bulk_operations.start(self._row(operation_id), version=1, by=self.shop.dana, choices=choices))

    def begin(self, kind: str, *assets, **choices) -> int:
        operation_id = self.pick(kind, *assets)
        if choices:
            self.choose(operation_id, **choices)
        self.start(operation_id, choices=choices or None)
        return operation_id

    def stop(self, operation_id: int) -> None:
        self._do(lambda: bulk_lists.stop(OPERATIONS, self._row(operation_id), by=self.shop.dana))

    def state(self, operation_id: int) -> str:
        return self.row(operation_id).state.value

    def row(self, operation_id: int) -> BulkOperation:
        return self._do(lambda: self._row(operation_id))

    def items(self, operation_id: int) -> list[BulkItem]:
        return self.shop.all(BulkItem, BulkItem.operation_id == operation_id)

    def outcomes(self, operation_id: int) -> dict[str, int]:
        """How many ended how, as the receipt says."""

        def read() -> dict[str, int]:
            said = bulk_items.outcome(self._row(operation_id))
            return dict(Counter(db.session.scalars(bulk_items.items([operation_id], said))))

        return self._do(read)

    def whys(self, operation_id: int) -> dict[int, str | None]:
        """Why each asset is left out."""

        def read() -> dict[int, str | None]:
            why = OPERATIONS.why(self._row(operation_id))
            return dict(db.session.execute(bulk_items.items([operation_id], BulkItem.asset_id, why)).all())

        return self._do(read)

    def preview(self, operation_id: int) -> bulk_page.Preview:
        return self._do(lambda: bulk_page.preview(self._row(operation_id)))

    def _do(self, act):
        with self.shop.app.app_context():
            return act()

    @staticmethod
    def _choose(row: BulkOperation, choices: dict) -> None:
        bulk_operations.choose(row, choices, version=bulk_lists.count_possible(OPERATIONS, row))

    @staticmethod
    def _row(operation_id: int) -> BulkOperation:
        return db.session.get(BulkOperation, operation_id, populate_existing=True)
