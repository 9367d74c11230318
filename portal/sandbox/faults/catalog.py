"""The faults, their details, and the calls they apply to. `injection` has what each does."""

from typing import Any

from ..errors import STATUS, Problem

EFFECTS = {"copies": 1, "hidden_seconds": 0.0, "ignore_deadline": False}
REFUSAL = {
    "status": 0,
    "code": "InternalError",
    "message": "Refused on purpose.",
    "retry_after": "",
    "fields": {},
}

# Each fault with its details and their defaults.
FAULTS: dict[str, dict[str, Any]] = {
    "refuse": REFUSAL | {"code": "Forbidden"},
    "fail_before": REFUSAL,
    "fail_after": REFUSAL | EFFECTS,
    "drop_before": {"reset": False},
    "drop_after": {"reset": False} | EFFECTS,
    "timeout_before": {"seconds": 30.0},
    "timeout_after": {"seconds": 30.0} | EFFECTS,
    "late": {"seconds": 5.0} | EFFECTS,
    "truncate": {"framing": "length", "keep": 0.5} | EFFECTS,
    "drip": {"every_ms": 100.0, "head": False} | EFFECTS,
    "oversized": {"size": 102_400} | EFFECTS,
    "gzip": {"size": 50_000_000} | EFFECTS,
    "html": {"status": 502, "commit": False} | EFFECTS,
    "redirect": {"status": 302, "location": "/v1/coupons", "commit": False} | EFFECTS,
    "answer": {"status": 200, "body": "", "content_type": "application/json", "commit": True} | EFFECTS,
    "lie": {"fields": {}, "without": [], "status": 0} | EFFECTS,
    "mask": {"fields": {}} | EFFECTS,
    "mix_up": {"marks": "code"} | EFFECTS,
    "respell": EFFECTS,
    "lag": {"seconds": 5.0} | EFFECTS,
    "lie_search": {},
    "duplicate": EFFECTS | {"copies": 2},
    "kill": {"when": "before"} | EFFECTS,
    "kill_client": {"group": 0, "at": "read"} | EFFECTS,
}
ONLY_FOR = {
    "lag": "createCoupon",
    "duplicate": "createCoupon",
    "mask": "createCoupon",
    "mix_up": "createCoupon",
    "lie_search": "searchCoupons",
}
CHOICES = {
    "marks": ("code", "id", "both"),
    "framing": ("length", "chunked", "close"),
    "when": ("before", "after"),
    "at": ("accepted", "read", "done", "half answered"),
}
CONNECT = "connect"
"""Stands for a connection that was just accepted, before anything is read; not an operation of the contract."""


def check_details(fault: str, details: dict) -> None:
    allowed = FAULTS[fault]
    for name, value in details.items():
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            raise Problem("InvalidRequest", f"{fault} has no detail {name!r}; there are {known}.")
        kind = (int, float) if isinstance(allowed[name], float) else type(allowed[name])
        if not isinstance(value, kind) or value not in CHOICES.get(name, (value,)):
            raise Problem("InvalidRequest", f"The detail {name!r} of {fault} cannot be {value!r}.")
    if (allowed | details).get("group", 2) < 2:
        raise Problem("InvalidRequest", "The group must be that of the process to kill.")
    code = details.get("code")
    if code is not None and code not in STATUS and not details.get("status"):
        raise Problem("InvalidRequest", f"The code {code!r} needs a status.")
