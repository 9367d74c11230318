"""Why a request was closed, in the words that its reader can act on."""

from portal.core.i18n import lazy
from portal.models import RequestEnd

ENDINGS = {
    RequestEnd.NOT_NEEDED: lazy("It is not needed any more. If you see this otherwise, ask again."),
    RequestEnd.ORDER_AGAIN: lazy("It cannot be delivered as it was ordered. Please order it again in the shop."),
    RequestEnd.WRITE_TO_US: lazy("We need to talk about it. Please write to the address under “Need help?”."),
    RequestEnd.OTHER: lazy("We have closed it."),
    RequestEnd.CANCELLED: lazy("These licences were cancelled, so no code will come."),
}
