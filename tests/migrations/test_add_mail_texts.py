"""0054 on a database that is in use: nothing else changes, and what was written goes with its table."""

from sqlalchemy import inspect

from portal.extensions import db
from portal.services.mail.events import WELCOME
from portal.services.mail.texts import in_use
from tests import mails
from tests.migrations import steps
from tests.saved import now

NAME = "0054_add_mail_texts"


def test_texts_come_and_go_and_mails_stay_as_they_are(world, app):
    with app.app_context():
        mails.mail(world)
        mails.text(world, subject="Own")
        before = steps.rows("messages")
        steps.down_below(NAME)
        assert "mail_text_versions" not in inspect(db.engine).get_table_names()
        assert steps.rows("messages") == before

        steps.up_to(NAME)
        assert steps.rows("messages") == before
        pair = (WELCOME.name, "en")
        assert in_use.texts_of({pair}, now())[pair].subject != "Own"
        db.session.rollback()
        mails.text(world, subject="Own")
        assert in_use.texts_of({pair}, now())[pair].subject == "Own"
