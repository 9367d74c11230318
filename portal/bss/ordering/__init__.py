"""Orders that staff place, execute and end."""

from portal.bss.ordering import draft_pages, order_acts, order_several  # noqa: F401
from portal.bss.ordering.orders import bp  # noqa: F401
