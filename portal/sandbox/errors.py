from typing import Any

STATUS = {
    "InvalidRequest": 400,
    "TicketExpired": 401,
    "TicketInvalid": 401,
    "SignInFailed": 401,
    "AccountNotLinked": 403,
    "CreditLimitExceeded": 403,
    "Forbidden": 403,
    "NotFound": 404,
    "ProductSkuNotFound": 404,
    "CouponNotFound": 404,
    "MethodNotAllowed": 405,
    "CouponRedeemed": 409,
    "RequestInProgress": 409,
    "DeadlinePassed": 409,
    "QuantityOutOfRange": 422,
    "ExpireDaysOutOfRange": 422,
    "ValidationFailed": 422,
    "ReferenceReused": 422,
    "RateLimited": 429,
    "InternalError": 500,
    "NotSupported": 501,
    "Maintenance": 503,
}


class Problem(Exception):
    """Ends a call with the contract's error document."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS.get(code, 500)
        self.fields = fields or {}
        self.headers = dict(headers or {})
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Ticket")

    def document(self, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {"Code": self.code, "Message": self.message, "RequestId": request_id}
        if self.fields:
            error["Details"] = [{"Field": field, "Message": text} for field, text in self.fields.items()]
        return {"Error": error}
