"""Reminders, of one asset or of many at once. `codes` and `purchases` are a number with its word, `assets` a list."""

from datetime import timedelta

from portal.core.i18n import lazy
from portal.models import Topic
from portal.services.mail.event import Event

REMINDER = Event(
    "reminder",
    lazy("Reminder: a code was not redeemed"),
    lazy("Redeem by {{ day }}, {{ in_days }}: {{ asset }}"),
    lazy(
        "Hello,\n\n"
        "The code for {{ quantity }} × {{ product }}, {{ account }}, has not been redeemed yet. After {{ day }} "
        "BitTitan does not take it any more, and what was paid for it is lost.\n\n"
        "See the code in the portal:\n{{ link }}\n\n"
        "1. Sign in at BitTitan and open the settings of your workgroup.\n"
        "2. Under Coupons, choose Redeem coupon, and paste the code.\n"
        "3. Press Check, then Apply. The licences appear within minutes.\n\n"
        "Redeemed already? Then there is nothing to do: BitTitan tells us later.\n\n"
        "Why you get this: {{ why }}."
    ),
    lives=timedelta(days=1),
    topic=Topic.REMINDERS,
)
REMINDERS = Event(
    "reminders",
    lazy("Reminder: several codes were not redeemed"),
    lazy("{{ codes }} to redeem, the first by {{ day }}, {{ in_days }}"),
    lazy(
        "Hello,\n\n"
        "{{ codes }} have not been redeemed yet. After its day BitTitan does not take a code any more, and what was "
        "paid for it is lost.\n\n"
        "{{ assets }}\n\n"
        "See all of them by day in the portal:\n{{ link }}\n\n"
        "1. Sign in at BitTitan and open the settings of your workgroup.\n"
        "2. Under Coupons, choose Redeem coupon, and paste the code.\n"
        "3. Press Check, then Apply. The licences appear within minutes.\n\n"
        "Redeemed already? Then there is nothing to do: BitTitan tells us later.\n\n"
        "Why you get this: {{ why }}."
    ),
    lives=timedelta(days=1),
    topic=Topic.REMINDERS,
)
ENDING = Event(
    "ending",
    lazy("Licences end"),
    lazy("Licences end on {{ day }}, {{ in_days }}: {{ asset }}"),
    lazy(
        "Hello,\n\n"
        "{{ quantity }} × {{ product }}, {{ account }}, can be used until {{ day }}, and not after that.\n\n"
        "Still needed? Then order new licences in time.\n\n"
        "See them in the portal:\n{{ link }}\n\n"
        "Why you get this: {{ why }}."
    ),
    lives=timedelta(days=1),
    topic=Topic.REMINDERS,
)
ENDINGS = Event(
    "endings",
    lazy("Licences end, several at once"),
    lazy("Licences of {{ purchases }} end, the first on {{ day }}, {{ in_days }}"),
    lazy(
        "Hello,\n\n"
        "The licences of {{ purchases }} can be used until the day of each, and not after that.\n\n"
        "{{ assets }}\n\n"
        "Still needed? Then order new licences in time.\n\n"
        "See all of them by day in the portal:\n{{ link }}\n\n"
        "Why you get this: {{ why }}."
    ),
    lives=timedelta(days=1),
    topic=Topic.REMINDERS,
)
