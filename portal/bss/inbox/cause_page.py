"""The page of one cause: BitTitan's own words, the act that mends it, and the failed assets by billed account."""

import json
from dataclasses import dataclass
from enum import StrEnum

from portal.bss.inbox.link_form import MOST, LinkForm, LinksForm
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import is_cause
from portal.display.wording.cause_wording import DAYS_MEND, ORDER_AGAIN, UNLIKE
from portal.models import User
from portal.models.asset import NO_ATTEMPT
from portal.providers.causes import Cause
from portal.services import bulk_retries, catalog
from portal.services.inbox import failure_groups
from portal.services.inbox.failure_groups import Payer
from portal.web.filters import number

LINKED = (Cause.ACCOUNT_NOT_LINKED,)
SIGN_IN = (Cause.SIGN_IN_FAILED, Cause.TICKET_EXPIRED, Cause.TICKET_INVALID, Cause.OTHER_ORGANIZATION)
SHOWN_PAYERS = MOST
SHOWN_WORDS = 3


class Mending(StrEnum):
    """The act that mends a cause; its button comes first."""

    RETRY = "retry"
    LINK = "link"
    DAYS = "days"
    PRODUCT = "product"
    CANCEL = "cancel"
    SIGN_IN = "sign-in"
    SURPLUS = "surplus"
    SEARCH = "search"
    """Imported assets: look for their codes before anything is bought."""


def mending(cause: str) -> Mending:
    ways = {Mending.LINK: LINKED, Mending.DAYS: DAYS_MEND, Mending.SIGN_IN: SIGN_IN}
    ways |= {Mending.PRODUCT: (Cause.PRODUCT_SKU_NOT_FOUND,), Mending.CANCEL: ORDER_AGAIN, Mending.SURPLUS: (UNLIKE,)}
    ways |= {Mending.SEARCH: (NO_ATTEMPT,)}
    return next((way for way, causes in ways.items() if cause in causes), Mending.RETRY)


@dataclass(frozen=True)
class Words:
    """What BitTitan said, and about which of the newest assets."""

    message: str
    asset_id: int


class CausePage:
    def __init__(self, viewer: User, cause: str, links: LinksForm | None = None):
        """Raises NotVisible if `cause` cannot be one. A cause without failed assets still has a page."""
        if not is_cause(cause):
            raise NotVisible()
        found = failure_groups.of_cause(viewer, cause, SHOWN_PAYERS)
        self.cause, self.way = cause, mending(cause)
        self.group, self.payers, self.more, self.is_capped = found.group, found.payers, found.more, found.is_capped
        self._links = links or LinksForm({})
        self._mendable = {} if self.is_capped else bulk_retries.mendable(viewer, cause)

    @property
    def is_mended(self) -> bool:
        """Whether a retry helps now."""
        return self.way is Mending.RETRY or self.way is Mending.LINK and self._are_linked

    @property
    def _are_linked(self) -> bool:
        return not self.more and all(payer.is_mended for payer in self.payers)

    def may_retry(self, payer: Payer) -> bool:
        """Not before an account is linked that has to be."""
        return self.way is not Mending.LINK or payer.is_mended

    def retry_text(self, payer: Payer | None = None) -> str:
        """Counts only what a retry can mend, such as: Retry 61, leave 6."""
        total = self.group.sum.count if payer is None else payer.sum.count
        mended = sum(self._mendable.values()) if payer is None else self._mendable.get(payer.account.id, 0)
        if self.is_capped or mended in (0, total):
            count = number(total) + ("+" if self.is_capped else "")
            return _("Retry all, one first") if payer is None else _("Retry %(count)s", count=count)
        return _("Retry %(count)s, leave %(left)s", count=number(mended), left=number(total - mended))

    def form(self, payer: Payer) -> LinkForm:
        return self._links.shown(payer.account)

    @property
    def words(self) -> list[Words]:
        """BitTitan's different messages, newest first."""
        attempts = [payer.newest for payer in self.payers if payer.newest and payer.newest.message]
        attempts.sort(key=lambda attempt: -attempt.id)
        by_message = {attempt.message: Words(attempt.message, attempt.asset_id) for attempt in reversed(attempts)}
        return sorted(by_message.values(), key=lambda words: -words.asset_id)[:SHOWN_WORDS]

    @property
    def may_cancel(self) -> bool:
        """Whether the assets cannot be bought as they were ordered."""
        return self.cause in ORDER_AGAIN

    @property
    def skus(self) -> list[tuple[str, str | None]]:
        """What BitTitan was asked for: the SKU that was sent, and the name of its product type."""
        if not self.may_cancel:
            return []
        payloads = (json.loads(payer.newest.payload) for payer in self.payers if payer.newest)
        sent = dict.fromkeys(payload.get("ProductSkuId") for payload in payloads)
        names = {type_.sku_id: type_.name for type_ in catalog.product_types()}
        return [(sku, names.get(sku)) for sku in list(sent)[:SHOWN_WORDS] if sku]
