"""Orders that staff place."""

from portal.bss.ordering.orders import bp  # noqa: F401
