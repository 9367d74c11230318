"""What is told by mail: one entry for each event. html_part.py says how a text has to be built."""

from datetime import timedelta

from portal.core.i18n import lazy
from portal.models import Topic
from portal.services.mail.event import Event
from portal.services.mail.reminder_events import ENDING, ENDINGS, REMINDER, REMINDERS

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

FAILED = Event(
    "failed",
    lazy("Failure, to the staff"),
    lazy("{{ number }} failed: {{ asset }}"),
    lazy(
        "{{ number }}, {{ quantity }} × {{ product }} for {{ account }}, has no code: BitTitan issued none.\n\n"
        "See why, and what helps:\n{{ link }}"
    ),
)
DELAYED = Event(
    "delayed",
    lazy("Failure, to who ordered"),
    lazy("Your BitTitan licences take longer: {{ asset }}"),
    lazy(
        "Hello,\n\n"
        "{{ quantity }} × {{ product }} for {{ account }} could not be delivered yet.\n\n"
        "You need not do anything: we have been told, and look into it. The code comes as soon as it is there.\n\n"
        "See it in the portal:\n{{ link }}"
    ),
)
AWAITING_APPROVAL = Event(
    "awaiting-approval",
    lazy("An order waits for approval"),
    lazy("{{ order }} of {{ buyer }} waits for your approval"),
    lazy(
        "Hello,\n\n"
        "{{ person }} of {{ buyer }} ordered {{ licences }} licences. Nothing is bought before you approve.\n\n"
        "Approve or reject it:\n{{ link }}"
    ),
)
APPROVED = Event(
    "approved",
    lazy("An order was approved"),
    lazy("{{ order }} was approved"),
    lazy(
        "Hello,\n\n"
        "{{ order }}, {{ licences }} licences for {{ buyer }}, was approved.\n\n"
        "You will be told when the code is there. See the order:\n{{ link }}"
    ),
)
REJECTED = Event(
    "rejected",
    lazy("An order was rejected"),
    lazy("{{ order }} was rejected"),
    lazy(
        "Hello,\n\n"
        "{{ order }}, {{ licences }} licences for {{ buyer }}, was rejected. Nothing was bought.\n\n"
        "The reason: {{ reason }}\n\n"
        "See the order:\n{{ link }}"
    ),
)
INVOICE = Event(
    "invoice",
    lazy("Invoice"),
    lazy("Invoice {{ number }}"),
    lazy(
        "Hello,\n\n"
        "Invoice {{ number }} for {{ buyer }} is ready: {{ total }}, due by {{ due_on }}.\n\n"
        "Download it in the portal:\n{{ link }}"
    ),
)
CREDIT_NOTE = Event(
    "credit-note",
    lazy("Credit note"),
    lazy("Credit note {{ number }}"),
    lazy(
        "Hello,\n\n"
        "Credit note {{ number }} for {{ buyer }} is ready: {{ total }}.\n\n"
        "Download it in the portal:\n{{ link }}"
    ),
)

INVITATION = Event(
    "invitation",
    lazy("Invitation"),
    lazy("You are invited to the licence portal of {{ seller }}"),
    lazy(
        "Hello {{ name }},\n\n"
        "{{ seller }} invites you to its portal for BitTitan licences, for {{ account }}. Sign in there with "
        "{{ email }} and a password that you choose now:\n\n"
        "Choose a password:\n{{ one_time_link }}\n\n"
        "The link works once, within {{ days }} days. Whoever opens it is signed in as you: please do not pass it on."
    ),
    is_secret=True,
)
PASSWORD_RESET = Event(
    "password-reset",
    lazy("New password asked for"),
    lazy("Choose a new password"),
    lazy(
        "Hello {{ name }},\n\n"
        "A new password was asked for, for {{ email }} in the licence portal of {{ seller }}.\n\n"
        "Choose a new password:\n{{ one_time_link }}\n\n"
        "The link works once, within {{ days }} days, and until the next such mail. With the new password you are "
        "signed out everywhere else.\n\n"
        "It was not you? Then do nothing: your password stays as it is."
    ),
    is_secret=True,
)
PASSWORD_CHANGED = Event(
    "password-changed",
    lazy("Password was changed"),
    lazy("Your password was changed"),
    lazy(
        "Hello {{ name }},\n\n"
        "Your password in the licence portal of {{ seller }} was changed: {{ time }}. You were signed out everywhere "
        "else.\n\n"
        "It was you? Then there is nothing to do.\n\n"
        "If not, do this at once:\n\n"
        "1. Open the sign-in page, choose “Forgot your password?”, and choose a new one.\n"
        "2. Tell an administrator of {{ account }}."
    ),
)
NEW_DEVICE = Event(
    "new-device",
    lazy("Sign-in from a new device"),
    lazy("New sign-in: {{ device }}"),
    lazy(
        "Hello {{ name }},\n\n"
        "Somebody signed in as you to the licence portal of {{ seller }}, with a browser that was not used since you "
        "chose your password.\n\n"
        "{{ device }}\n{{ time }}\n\n"
        "It was you? Then there is nothing to do.\n\n"
        "If not, do this at once:\n\n"
        "1. Open the sign-in page, choose “Forgot your password?”, and choose a new one. This signs everybody else "
        "out.\n"
        "2. Tell an administrator of {{ account }}."
    ),
)

REQUEST_ASKED = Event(
    "request-asked",
    lazy("A request, to the staff"),
    lazy("{{ person }}, {{ home }}, asks about {{ number }}"),
    lazy(
        "{{ person }}, {{ home }}, asks to synchronize again:\n"
        "{{ number }}, {{ quantity }} × {{ product }} for {{ account }}.\n\n"
        "In these words: {{ words }}\n\n"
        "Answer it, or close it:\n{{ link }}"
    ),
)
REQUEST_ANSWERED = Event(
    "request-answered",
    lazy("A request was answered"),
    lazy("Our answer: {{ asset }}"),
    lazy(
        "Hello {{ person }},\n\n"
        "You asked us about {{ quantity }} × {{ product }} for {{ account }} ({{ number }}). Our answer:\n\n"
        "{{ answer }}\n\n"
        "See it in the portal, and ask again if you need to:\n{{ link }}"
    ),
)
REQUEST_CLOSED = Event(
    "request-closed",
    lazy("A request was closed"),
    lazy("Your request is closed: {{ asset }}"),
    lazy(
        "Hello {{ person }},\n\n"
        "You asked us about {{ quantity }} × {{ product }} for {{ account }} ({{ number }}). Your request is "
        "closed:\n\n"
        "{{ reason }} {{ answer }}\n\n"
        "See it in the portal:\n{{ link }}"
    ),
)
REQUEST_DELIVERED = Event(
    "request-delivered",
    lazy("A request was settled: the code has come"),
    lazy("The code you asked about is there: {{ asset }}"),
    lazy(
        "Hello {{ person }},\n\n"
        "You asked us about {{ quantity }} × {{ product }} for {{ account }} ({{ number }}). The code has arrived, so "
        "your request is settled.\n\n"
        "See the code in the portal:\n{{ link }}"
    ),
)
DIGEST = Event(
    "digest",
    lazy("Daily summary, to the staff"),
    lazy("{{ day }}: {{ failed }} failed, {{ review }} to review"),
    lazy(
        "What waits for a person on {{ day }}, in the morning:\n\n"
        "Failed: {{ failed }} {{ portal }}/bss/billing/assets?status=failed&lifecycle=active\n"
        "Needs review: {{ review }} {{ portal }}/bss/billing/assets?status=review&lifecycle=active\n"
        "Asked to synchronize again: {{ asked }} {{ portal }}/bss/billing/assets?asked=1&lifecycle=active\n"
        "Orders that wait: {{ orders }} {{ portal }}/bss/sales/orders?state=submitted\n"
        "Not redeemed, 30 days left: {{ expiring }} {{ portal }}/bss/billing/assets?redeem=expiring&lifecycle=active\n"
        "Surplus coupons: {{ surplus }} {{ portal }}/bss/tools/surplus\n"
        "New alerts: {{ alerts }} {{ portal }}/bss/tools/alerts\n\n"
        "Open the work queue:\n{{ portal }}/bss/"
    ),
    lives=timedelta(days=1),
    topic=Topic.DIGEST,
)

TOGETHER = {REMINDER.name: REMINDERS, ENDING.name: ENDINGS}
"""What tells of many at once, instead of one mail for each."""

EVENTS = {
    event.name: event
    for event in (
        WELCOME, WELCOME_LINK, FAILED, DELAYED, AWAITING_APPROVAL, APPROVED, REJECTED, INVOICE, CREDIT_NOTE,
        INVITATION, PASSWORD_RESET, PASSWORD_CHANGED, NEW_DEVICE,
        REQUEST_ASKED, REQUEST_ANSWERED, REQUEST_CLOSED, REQUEST_DELIVERED,
        REMINDER, REMINDERS, ENDING, ENDINGS, DIGEST,
    )
}  # fmt: skip


def named(name: str) -> Event:
    return EVENTS[name]
