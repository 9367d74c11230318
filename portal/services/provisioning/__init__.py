"""The protocol that buys exactly one coupon for one asset (docs/concepts/provisioning.md).

It has three transactions, each in a module of that name: `reserve` commits the intent, `begin_send` commits that the
request is about to be sent, `record_outcome` commits what came back. `advance` takes an attempt one step further. An
uncertain outcome is looked up at BitTitan, never guessed. Correctness rests on compare-and-set on (state, send number)
and on unique constraints, so a process may stop at any point.
"""

from portal.services.provisioning.attempt_step import advance
from portal.services.provisioning.reserve import (
    check_may_sync,
    create,
    new_reference,
    open_attempt,
    request,
)

__all__ = ["advance", "check_may_sync", "create", "new_reference", "open_attempt", "request"]
