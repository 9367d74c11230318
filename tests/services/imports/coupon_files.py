"""Lists of coupons, as BitTitan's own portal exports them."""

from portal.models import Coupon, CouponUpload, User
from portal.services.imports.coupon_lists import uploads
from portal.services.reconciliation.scanning.runs import EVERYTHING

HEAD = "Coupon Code;Product;Licenses;Organization;Created;Expires;Status"
MAILBOX = "BitTitan Mailbox License"


def line(coupon: Coupon, **other) -> str:
    said = {"code": coupon.code, "quantity": coupon.quantity, "organisation": "Northlight IT", "status": "Active"}
    said |= {"created": coupon.issued_at.date(), "expires": coupon.expires_at.date()} | other
    return ";".join(str(said.get(name, MAILBOX)) for name in
                    ("code", "product", "quantity", "organisation", "created", "expires", "status"))  # fmt: skip


def begin(upload: CouponUpload, by: User, *, is_whole: bool = False) -> int:
    row = uploads.one(by, upload.id)
    return uploads.compare(row, version=row.version, scoped=EVERYTHING, is_whole=is_whole, by=by).id
