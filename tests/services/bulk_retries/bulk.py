"""What a person does with a bulk retry, each act in a context of its own, as in a process of its own."""

from collections import Counter

from portal.extensions import db
from portal.models import Retry, RetryItem
from portal.services import bulk_lists, bulk_retries
from portal.services.bulk_retries import RETRIES, retry_items
from portal.services.lists.list_filters import Filters
from tests.services.shop import Shop

START = {"has_canary": False, "includes_imported": False, "expire_days": None}


class Bulk:
    def __init__(self, shop: Shop):
        self.shop = shop

    def pick(self, *assets) -> int:
        """The new retry's id."""
        with self.shop.app.app_context():
            return bulk_retries.prepare_picked([asset.id for asset in assets], by=self.shop.dana).id

    def match(self, filters: Filters | None = None) -> int:
        with self.shop.app.app_context():
            return bulk_retries.prepare_matching(filters or Filters(), "", by=self.shop.dana).id

    def again(self, retry_id: int, outcome=retry_items.Outcome.FAILED) -> int:
        with self.shop.app.app_context():
            return bulk_retries.prepare_again(self._row(retry_id), retry_items.Outcome(outcome), by=self.shop.dana).id

    def start(self, retry_id: int, **options) -> None:
        with self.shop.app.app_context():
            row = self._row(retry_id)
            version = options.pop("version", bulk_lists.count_possible(RETRIES, row))
            bulk_retries.start(row, version=version, by=self.shop.dana, **(START | options))

    def begin(self, *assets, **options) -> int:
        retry_id = self.pick(*assets)
        self.start(retry_id, **options)
        return retry_id

    def stop(self, retry_id: int) -> None:
        with self.shop.app.app_context():
            bulk_lists.stop(RETRIES, self._row(retry_id), by=self.shop.dana)

    def state(self, retry_id: int) -> str:
        return self.row(retry_id).state.value

    def row(self, retry_id: int) -> Retry:
        with self.shop.app.app_context():
            return self._row(retry_id)

    def items(self, retry_id: int) -> list[RetryItem]:
        return self.shop.all(RetryItem, RetryItem.retry_id == retry_id)

    def outcomes(self, retry_id: int) -> dict[str, int]:
        """How many ended how, as the receipt says."""
        with self.shop.app.app_context():
            retry = self._row(retry_id)
            said = db.session.scalars(retry_items.items([retry_id], retry_items.outcome(retry)))
            return dict(Counter(said))

    def whys(self, retry_id: int) -> dict[int, str | None]:
        """Why each asset is left out."""
        with self.shop.app.app_context():
            retry = self._row(retry_id)
            rows = retry_items.items([retry_id], RetryItem.asset_id, RETRIES.why(retry))
            return dict(db.session.execute(rows).all())

    @staticmethod
    def _row(retry_id: int) -> Retry:
        return db.session.get(Retry, retry_id, populate_existing=True)
