"""A field for a day."""

from wtforms import DateField

from portal.core.i18n import lazy

DAY = lazy("Enter a day such as 2027-01-31.")


class DayField(DateField):
    """Refuses what is no day with a sentence that gives an example."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as unreadable:
            raise ValueError(str(DAY)) from unreadable
