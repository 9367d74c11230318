from flask import request
from flask_wtf.file import FileField
from wtforms.validators import ValidationError

from portal.core.i18n import lazy as _
from portal.models import Import, User
from portal.web.forms.action_forms import ActForm


class UploadForm(ActForm):
    file = FileField(_("CSV file"))

    def validate_file(self, field) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose the file first."))

    def values(self, by: User) -> dict:
        return {"file": self.file.data.stream, "name": self.file.data.filename, "by": by}


class ApplyForm(ActForm):
    def values(self, by: User) -> dict:
        return {"skip_faulty": "skip_faulty" in request.form, "by": by}


def shown_of(file: Import) -> str:
    """Which rows the page lists: "differs" if the address asks for it or there are no faulty rows, else "faulty"."""
    wanted = request.args.get("show")
    return "differs" if file.differs_count and (wanted == "differs" or not file.faulty_count) else "faulty"
