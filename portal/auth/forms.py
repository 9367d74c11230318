from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired

from portal.core.i18n import lazy as _
from portal.web.forms import Form


class SignInForm(Form):
    """Checks only that both fields are filled, so that the answer reveals nothing else."""

    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address."))])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password."))])
    next = HiddenField()


class ForgottenForm(Form):
    """Whatever is filled in gets the same answer."""

    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address."))])


class ChosenPassword(Form):
    new = PasswordField(_("New password"), [InputRequired(_("Enter a new password."))])
    repeat = PasswordField(
        _("Repeat the new password"),
        [
            InputRequired(_("Enter the new password once more.")),
            EqualTo("new", _("This is not the same as above. Type it once more.")),
        ],
    )


class PasswordForm(ChosenPassword):
    current = PasswordField(_("Current password"), [InputRequired(_("Enter your current password."))])


class ConfirmForm(Form):
    """Passes on the fields of another form, so its own field needs a unique name."""

    FIELD = "own_password"

    password = PasswordField(
        _("Your password"), [InputRequired(_("Enter your password."))], name=FIELD, id="confirm-password"
    )
