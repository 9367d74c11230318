"""The texts of the demo's requests to BitTitan and its responses, without secrets, as exchanges store them."""

import json
from datetime import datetime
from typing import Any

from portal.demo.wording import MESSAGES, STATUSES


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def order(sku_id: str, organization_id: str, asset: dict[str, Any]) -> str:
    return json.dumps(
        {
            "ProductSkuId": sku_id,
            "Quantity": asset["quantity"],
            "ExpireDays": asset["expire_days"],
            "ValidityDays": asset["validity_days"],
            "OrganizationId": organization_id,
            "ExternalReference": asset["reference"],
            "Label": asset["reference"],
        }
    )


def purchase(payload: str, request_id: str) -> str:
    return _request("POST /v1/coupons", request_id, payload)


def search(reference: str, request_id: str) -> str:
    return _request(f"GET /v1/coupons?ExternalReference={reference}&Offset=0&Count=100", request_id)


def issued(coupon: dict[str, Any]) -> str:
    return _response(201, _masked(coupon))


def found(coupons: list[dict[str, Any]]) -> str:
    count = len(coupons)
    entities = [_masked(coupon) for coupon in coupons]
    return _response(200, {"Entities": entities, "Offset": 0, "Count": count, "TotalCount": count})


def refused(code: str, request_id: str) -> str:
    return _response(STATUSES[code], {"Error": {"Code": code, "Message": MESSAGES[code], "RequestId": request_id}})


def _masked(coupon: dict[str, Any]) -> dict[str, Any]:
    return coupon | {"Code": f"•••• {coupon['Code'][-4:]}"}


def _request(line: str, request_id: str, body: str = "") -> str:
    head = f"{line}\nAuthorization: Ticket ••••\nX-Request-Id: {request_id}"
    return f"{head}\n\n{body}" if body else head


def _response(status: int, body: dict[str, Any]) -> str:
    return f"{status}\nContent-Type: application/json\n\n{json.dumps(body, ensure_ascii=False)}"
