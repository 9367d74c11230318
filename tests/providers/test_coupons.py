"""Reading all coupons, page by page, while they come and go. What BitTitan answers is played as values."""

from datetime import UTC, datetime
from uuid import UUID

from portal.providers.base import CouponPage, Trace, Unanswered
from portal.providers.bittitan import coupons

TRACE = Trace("", "", 200, 1)


def coupon(number: int) -> dict:
    now = datetime(2026, 3, 1, tzinfo=UTC).isoformat()
    return {
        "Id": str(UUID(int=number)), "Code": f"CODE-{number}", "ExternalReference": "", "Label": "", "Quantity": 1,
        "ProductSkuId": str(UUID(int=1)), "OrganizationId": str(UUID(int=2)), "Status": "Active", "Created": now,
        "ExpireDate": now, "ValidityDays": 1,
    }  # fmt: skip


class Server:
    """`change(server)` is called before each page."""

    def __init__(self, numbers, change=lambda server: None):
        self.numbers, self.change, self.asked = list(numbers), change, 0

    def __call__(self, method, path, params):
        self.asked += 1
        self.change(self)
        offset, count = params["Offset"], params["Count"]
        page = [coupon(number) for number in self.numbers[offset : offset + count]]
        return {"Entities": page, "Offset": offset, "Count": len(page), "TotalCount": len(self.numbers)}, TRACE


def read(server) -> tuple[set[int], bool]:
    """The numbers that were shown, and whether that was all."""
    shown, is_all = [], True
    for part in coupons.walk(server):
        if isinstance(part, Unanswered):
            is_all = False
        else:
            assert isinstance(part, CouponPage)
            shown += [int(each.code.removeprefix("CODE-")) for each in part.coupons]
    assert len(shown) == len(set(shown)), "shown twice"
    return set(shown), is_all


def test_an_empty_list_is_complete():
    assert read(Server([])) == (set(), True)


def test_coupons_that_vanish_shift_no_other_over_the_border_unseen():
    def redeem_some(server):
        if server.asked in (2, 3):
            del server.numbers[:30]

    shown, is_all = read(Server(range(1000, 1500), redeem_some))
    assert is_all
    assert shown >= set(range(1060, 1500))


def test_all_that_was_read_so_far_may_vanish():
    def redeem(server):
        if server.asked == 2:
            server.numbers = server.numbers[150:]

    shown, is_all = read(Server(range(1000, 1300), redeem))
    assert is_all
    assert shown >= set(range(1150, 1300))


def test_new_coupons_at_the_end_are_read_too():
    def issue(server):
        if server.asked < 4:
            server.numbers.append(5000 + server.asked)

    shown, is_all = read(Server(range(1000, 1150), issue))
    assert is_all
    assert shown >= set(range(1000, 1150))


def test_a_list_that_never_holds_still_is_not_complete():
    def redeem(server):
        if server.asked % 2 == 0:
            del server.numbers[:101]
        server.numbers += range(server.numbers[-1] + 1, server.numbers[-1] + 200)

    assert read(Server(range(1000, 1300), redeem))[1] is False


def test_a_server_that_shows_the_same_page_for_ever_is_not_complete():
    class Stuck(Server):
        def __call__(self, method, path, params):
            content, trace = super().__call__(method, path, params | {"Offset": 0})
            return content, trace

    assert read(Stuck(range(1000, 1250)))[1] is False
