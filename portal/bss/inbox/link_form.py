"""The form that corrects the BitTitan e-mail of a billed account and looks the account up."""

from wtforms import StringField

from portal.core.i18n import lazy as _
from portal.models import User
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm


class LinkForm(ActForm):
    bittitan_email = StringField(_("BitTitan e-mail"), filters=[strip], validators=[Text(254)])

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "email": self.bittitan_email.data or "", "by": by}

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200
