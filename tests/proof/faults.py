"""What a server can do with a purchase: how that is to be classified, and whether a coupon was issued."""

from dataclasses import dataclass, field

from tests.services.provisioning.test_sending import REFUSALS, UNKNOWN_DONE

ISSUED, REFUSED, NOT_SENT, UNKNOWN = "issued", "refused", "not_sent", "unknown"
A_HUNDRED_MIB = 100 * 1024 * 1024
FOR_EVER = 30.0
"""Seconds; longer than the portal waits."""


@dataclass(frozen=True)
class Fault:
    name: str
    means: str
    issues: bool
    fault: str
    details: dict = field(default_factory=dict)
    times: int = 1
    lies: int = 0
    """So many searches find nothing afterwards, though there is something. Two after the quarantine would be believed
    (rule 7), and how many come before it depends on the machine: one is survived in any case."""
    respells: bool = False
    """Searches are answered in another spelling."""
    is_slow: bool = False
    holds: bool = False
    """BitTitan asks for a pause, or a person must act: nothing else is sent meanwhile."""

    looks: str = ""
    """To whoever reads the answer alone."""

    def __str__(self) -> str:
        return self.name


def _refusals():
    for code in REFUSALS:
        yield Fault(code, REFUSED, False, "refuse", {"code": code})
    for status in (400, 403, 404, 409, 422):
        yield Fault(f"{status} with a new code", REFUSED, False, "refuse", {"code": "SomethingNew", "status": status})


def _issued():
    """What the contract's schema allows is read, in an answer and in a look-up."""
    yield Fault("another spelling", ISSUED, True, "respell")


def _not_sent():
    yield Fault("DeadlinePassed", NOT_SENT, False, "refuse", {"code": "DeadlinePassed"})
    yield Fault("429", NOT_SENT, False, "refuse", {"code": "RateLimited", "retry_after": "7"}, holds=True)
    yield Fault("Maintenance", NOT_SENT, False, "refuse", {"code": "Maintenance", "retry_after": "60"}, holds=True)
    yield Fault("401 twice", NOT_SENT, False, "refuse", {"code": "TicketInvalid"}, times=2, holds=True)


def _done():
    for name, (fault, details) in UNKNOWN_DONE.items():
        done = {"commit": True} if fault == "answer" else {}
        yield Fault(f"{name}, done", UNKNOWN, True, fault, done | details)
    yield Fault("silence, done", UNKNOWN, True, "timeout_after", {"seconds": FOR_EVER}, is_slow=True)
    yield Fault("a drip", UNKNOWN, True, "drip", {"every_ms": 200.0}, is_slow=True)
    yield Fault("a drip from the head on", UNKNOWN, True, "drip", {"every_ms": 200.0, "head": True}, is_slow=True)
    yield Fault("100 MiB", UNKNOWN, True, "oversized", {"size": A_HUNDRED_MIB})
    yield Fault("a gzip bomb", UNKNOWN, True, "gzip", {"size": A_HUNDRED_MIB})
    yield Fault("a search that lies", UNKNOWN, True, "drop_after", lies=1)
    yield Fault("lost, then another spelling", UNKNOWN, True, "drop_after", respells=True)
    yield Fault("two coupons", UNKNOWN, True, "drop_after", {"copies": 2})
    known = {"fields": {"Code": "{known}"}}
    yield Fault("somebody else’s code", UNKNOWN, True, "lie", known, looks=ISSUED)
    yield Fault("a masked code", UNKNOWN, True, "mask", looks=ISSUED)
    yield Fault("a masked code of something else", UNKNOWN, True, "mask", {"fields": {"Quantity": 3}})
    yield Fault("no code yet", UNKNOWN, True, "lie", {"fields": {"Code": "PENDING-{lot}"}}, looks=ISSUED)
    yield Fault("a false Id", UNKNOWN, True, "lie", {"fields": {"Id": "{uuid}"}}, looks=ISSUED)
    yield Fault("a false Id, a masked code", UNKNOWN, True, "mask", {"fields": {"Id": "{uuid}"}}, looks=ISSUED)
    for marks in ("code", "id", "both"):
        yield Fault(f"another order’s {marks}", UNKNOWN, True, "mix_up", {"marks": marks}, looks=ISSUED)
    yield Fault("another reference", UNKNOWN, True, "lie", {"fields": {"ExternalReference": "another-{lot}"}})
    for status in ("Revoked", "Redeemed", "Expired"):
        yield Fault(f"{status} when issued", UNKNOWN, True, "lie", {"fields": {"Status": status}})


def _not_done():
    yield Fault("closed", UNKNOWN, False, "drop_before")
    yield Fault("reset", UNKNOWN, False, "drop_before", {"reset": True})
    yield Fault("silence", UNKNOWN, False, "timeout_before", {"seconds": FOR_EVER}, is_slow=True)
    for code, status in (("InternalError", 500), ("InternalError", 502), ("InternalError", 503), ("InternalError", 504),
                         ("InternalError", 408), ("RequestInProgress", 409), ("ReferenceReused", 422)):  # fmt: skip
        yield Fault(f"{status} {code}", UNKNOWN, False, "fail_before", {"code": code, "status": status})
    for status in (200, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503):
        yield Fault(f"{status} as HTML", UNKNOWN, False, "html", {"status": status})
    for status in (301, 302, 303, 307, 308):
        yield Fault(f"{status} elsewhere", UNKNOWN, False, "redirect", {"status": status, "location": "{elsewhere}"})
    for body in ("", "null", "[]", "{}", '{"Code":"SBX-1"}', "<xml/>"):
        yield Fault(f"201 {body!r}", UNKNOWN, False, "answer", {"status": 201, "body": body, "commit": False})


EVERY = (*_issued(), *_refusals(), *_not_sent(), *_done(), *_not_done())
