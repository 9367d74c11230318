"""What is told by mail: one entry for each event. html_part.py says how a text has to be built."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel.speaklater import LazyString

from portal.core.i18n import lazy


@dataclass(frozen=True)
class Event:
    name: str
    title: LazyString
    """In the outbox."""
    subject: LazyString
    text: LazyString
    is_secret: bool = False
    """Holds a code or a one-time link: an unknown outcome is never repeated without a person."""
    lives: timedelta = timedelta(days=2)
    """If it cannot be handed over for so long, it is given up."""


WELCOME = Event(
    "welcome",
    lazy("Welcome, with the code"),
    lazy("Your BitTitan licences are ready: {{ asset }}"),
    lazy(
        "Hello,\n\n"
        "{{ quantity }} × {{ product }} for {{ account }} has arrived. This is the code:\n\n"
        "{{ code }}\n\n"
        "1. Sign in at BitTitan and open the settings of your workgroup.\n"
        "2. Under Coupons, choose Redeem coupon, and paste the code.\n"
        "3. Press Check, then Apply. The licences appear within minutes.\n\n"
        "Redeem it by {{ redeem_by }}. The licences can be used for {{ validity_days }} days after that.\n\n"
        "See it in the portal:\n{{ link }}\n\n"
        "If Check refuses the code, answer this mail. Whoever has the code can use it: please pass it on with care."
    ),
    is_secret=True,
)
WELCOME_LINK = Event(
    "welcome-link",
    lazy("Welcome, with a link"),
    lazy("Your BitTitan licences are ready: {{ asset }}"),
    lazy(
        "Hello,\n\n"
        "{{ quantity }} × {{ product }} for {{ account }} has arrived. The code waits in the portal:\n\n"
        "See the code in the portal:\n{{ link }}\n\n"
        "1. Sign in at BitTitan and open the settings of your workgroup.\n"
        "2. Under Coupons, choose Redeem coupon, and paste the code.\n"
        "3. Press Check, then Apply. The licences appear within minutes.\n\n"
        "Redeem it by {{ redeem_by }}. The licences can be used for {{ validity_days }} days after that."
    ),
)

EVENTS = {event.name: event for event in (WELCOME, WELCOME_LINK)}


def named(name: str) -> Event:
    return EVENTS[name]
