from uuid import uuid4

import requests

from tests.sandbox_process import EMAIL, MAILBOX_LICENSE, PASSWORD, SandboxProcess


class Client(requests.Session):
    """Signed in, and with the calls that tests make."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        super().__init__()
        self.trust_env = False
        self.base = sandbox.url
        body = {"EmailAddress": EMAIL, "Password": PASSWORD}
        ticket = self.post("/v1/tickets", json=body).json()["Ticket"]
        self.headers["Authorization"] = f"Ticket {ticket}"

    def request(self, method, url, **options):
        return super().request(method, self.base + url, **{"timeout": 10, "allow_redirects": False} | options)

    def order(self, reference: str | None = None, *, headers=None, timeout=10, **changes) -> requests.Response:
        return self.post("/v1/coupons", json=order(reference, **changes), headers=headers, timeout=timeout)

    def search(self, **filters) -> dict:
        answer = self.get("/v1/coupons", params=filters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def order(reference: str | None = None, **changes) -> dict:
    reference = reference or new_reference()
    return {
        "ProductSkuId": MAILBOX_LICENSE,
        "Quantity": 5,
        "ExpireDays": 365,
        "ValidityDays": 365,
        "OrganizationId": str(uuid4()),
        "ExternalReference": reference,
        "Label": reference,
    } | changes


def new_reference() -> str:
    return f"asset-{uuid4()}"
