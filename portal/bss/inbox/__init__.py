"""The work queue: what needs a person's decision."""

from portal.bss.inbox import inbox, links  # noqa: F401  each adds views to the area
from portal.bss.inbox.alerts import bp  # noqa: F401
