"""A form in which an account is named: its name or code is typed, and one account must be meant."""

from wtforms import StringField

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Account, User
from portal.services.accounts import account_list
from portal.web.forms import Form, Text, strip


class AccountChoice(Form):
    """Sent by POST, as a code may be pasted where a name is asked for."""

    account = StringField(
        lazy("Account"), filters=[strip], validators=[Text(200, empty=lazy("Enter a name or a code."))]
    )

    def found(self, viewer: User) -> Account | None:
        """The one account that is meant, never the distributor; None with an error in the field if that is not
        certain."""
        accounts = account_list.named(viewer, self.account.data, 2)
        if len(accounts) == 1 and not accounts[0].is_distributor:
            return accounts[0]
        sentence = _("No account has that name or code.")
        if len(accounts) > 1:
            sentence = _("Several accounts match. Enter the whole name or the code.")
        self.account.errors = [*self.account.errors, sentence]
        self._mark_first_bad()
        return None
