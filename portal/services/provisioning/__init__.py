"""The protocol that buys one coupon for one asset, once (docs/concepts/provisioning.md).

Three transactions: `reserve` commits the intent, `begin_send` that it is about to be sent, `record_outcome` what came
back; each is a module here. `advance` takes an attempt one step further. Whatever is not certain is looked up, never
guessed. Correctness rests on compare-and-set on (state, send number) and on the unique constraints, so any process may
stop anywhere.
"""

from portal.services.provisioning.attempt_step import advance
from portal.services.provisioning.reserve import check_may_sync, new_reference, open_attempt, request

__all__ = ["advance", "check_may_sync", "new_reference", "open_attempt", "request"]
