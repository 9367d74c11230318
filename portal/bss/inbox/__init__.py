"""The work queue: what needs a person's decision."""

from portal.bss.inbox import inbox  # noqa: F401  adds its views to the area
from portal.bss.inbox.alerts import bp  # noqa: F401
