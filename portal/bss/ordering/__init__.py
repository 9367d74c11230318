"""Orders that staff place, execute and end."""

from portal.bss.ordering import order_acts  # noqa: F401
from portal.bss.ordering.orders import bp  # noqa: F401
