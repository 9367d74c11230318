"""Where bank lists are read, in tests."""

from portal.extensions import db
from portal.models import User
from portal.services.imports import bank_lists
from portal.services.imports.bank_lists import Said
from portal.services.imports.bank_lists.bank_reading import Choices

EUR, NOTHING = Choices("EUR"), Said()


class Counter:
    """Where bank lists are read."""

    def __init__(self, app, world):
        self.app, self.world = app, world

    def preview(self, text: str, said: Said = NOTHING, choices: Choices = EUR, nick: str = "dana"):
        return self._do(lambda by: bank_lists.preview(text, choices, said, by=by), nick)

    def apply(self, text: str, said: Said = NOTHING, choices: Choices = EUR, seen: str | None = None) -> list[int]:
        digest = seen or self.preview(text, said, choices).digest
        return self._do(
            lambda by: [row.id for row in bank_lists.apply(text, choices, said, seen=digest, by=by)], "dana"
        )

    def _do(self, act, nick: str):
        with self.app.app_context():
            return act(db.session.get(User, getattr(self.world, nick).id))
