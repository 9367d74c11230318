"""The sandbox's faults as switches, for training, demos and tests. With a real server there are none."""

from dataclasses import dataclass, field
from typing import Any

from portal.core import audit, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db, settings
from portal.models import User
from portal.providers.bittitan.sandbox_control import Faults, SandboxControl, Used, Waiting
from portal.providers.causes import Cause
from portal.services import vendor_settings

CONNECTION = 1
"""The id of the only connection row, for the audit log."""


@dataclass(frozen=True)
class FaultSwitch:
    name: str
    operation: str
    fault: str
    details: dict[str, Any] = field(default_factory=dict)

    def is_met_by(self, each: Waiting | Used) -> bool:
        return (each.operation, each.fault) == (self.operation, self.fault)


def _switches() -> tuple[FaultSwitch, ...]:
    patience = settings().provisioning.total_timeout
    return (
        FaultSwitch(
            "refuse", "createCoupon", "refuse", {"code": Cause.CREDIT_LIMIT_EXCEEDED, "message": "Refused on purpose."}
        ),
        FaultSwitch("time-out", "createCoupon", "timeout_after", {"seconds": patience + 5.0}),
        FaultSwitch("truncate", "createCoupon", "truncate"),
        FaultSwitch("lag", "createCoupon", "drop_after", {"hidden_seconds": 120.0}),
        FaultSwitch("go-away", "*", "drop_before"),
    )


NAMES = ("refuse", "time-out", "truncate", "lag", "go-away")


@dataclass(frozen=True)
class FaultState:
    name: str
    once: int
    """Number of coming calls that will meet it."""
    stays: bool
    used: int
    last_used: Used | None


@dataclass(frozen=True)
class FaultPanel:
    positions: list[FaultState]
    others: list[Waiting]
    """Faults that were set by other means."""

    @property
    def is_off(self) -> bool:
        return not self.others and not any(each.once or each.stays for each in self.positions)


def read() -> FaultPanel | None:
    """None if the sandbox does not answer. Raises NotVisible with a real server."""
    faults = _control().faults()
    if faults is None:
        return None
    switches = _switches()
    others = [each for each in faults.waiting if not any(switch.is_met_by(each) for switch in switches)]
    return FaultPanel([_position(switch, faults) for switch in switches], others)


def switch_on(name: str, *, stays: bool, by: User) -> None:
    """For the next call, or until all are switched off. Raises NotVisible, Unavailable."""
    control = _control()
    switch = next(each for each in _switches() if each.name == name)
    faults = control.faults()
    is_on = faults is not None and stays and _position(switch, faults).stays
    if is_on:
        return
    times = None if stays else 1
    if faults is None or not control.switch_on(switch.operation, switch.fault, switch.details, times=times):
        raise errors.Unavailable(_("The sandbox is not running; nothing was switched."))
    _audit(f"{name}, {'until switched off' if stays else 'for the next call'}", by=by)


def switch_all_off(*, by: User) -> None:
    """Raises NotVisible, Unavailable."""
    if not _control().switch_all_off():
        raise errors.Unavailable(_("The sandbox is not running; nothing was switched."))
    _audit("all off", by=by)


def _control() -> SandboxControl:
    if not vendor_settings.uses_sandbox():
        raise errors.NotVisible()
    db.session.commit()  # hold no transaction while the sandbox is asked
    return SandboxControl(vendor_settings.current().url)


def _position(switch: FaultSwitch, faults: Faults) -> FaultState:
    waiting = [each for each in faults.waiting if switch.is_met_by(each)]
    used = [each for each in faults.used if each.fault == switch.fault]
    return FaultState(
        switch.name,
        once=sum(each.left for each in waiting if each.left is not None),
        stays=any(each.left is None for each in waiting),
        used=len(used),
        last_used=used[-1] if used else None,
    )


def _audit(what: str, *, by: User) -> None:
    with transaction():
        audit.record("connection", CONNECTION, "fault", by=by, after=what)
