"""0055 on a database that is in use: what was told has its row, and each mail its own cause."""

from datetime import date

from sqlalchemy import inspect

from portal.extensions import db
from tests.mails import mail
from tests.migrations import steps

NAME = "0055_record_reminders"


def test_each_reminder_that_was_mailed_becomes_a_row(world, app):
    asset = world.asset("synchronized")
    due, ends = "2031-06-16 7", "2032-03-01 30"
    told = {
        "paula@partner.example": ("reminder", f"asset-{asset.id} {due}"),
        "carl@brightwood.example": ("ending", f"asset-{asset.id} {ends}"),
        "Cora@brightwood.example": ("reminders", f"asset-{asset.id} {due}"),
    }
    for address, (event, cause) in told.items():
        mail(world, asset, state="sent", recipient=address, event=event, cause=cause, coupon_id=None)
    mail(world, asset, state="sent")  # no reminder
    with app.app_context():
        steps.down_below(NAME)
        assert "reminders" not in inspect(db.engine).get_table_names()
        before = steps.rows("messages")
        assert [row["event"] for row in before] == ["reminder", "ending", "reminder", "welcome"]

        steps.up_to(NAME)
        found = {row["recipient_key"]: row for row in steps.rows("reminders")}
        assert {key: (row["kind"], row["day"], row["step"], row["message_id"]) for key, row in found.items()} == {
            "paula@partner.example": ("due", date(2031, 6, 16), 7, before[0]["id"]),
            "carl@brightwood.example": ("ends", date(2032, 3, 1), 30, before[1]["id"]),
            "cora@brightwood.example": ("due", date(2031, 6, 16), 7, before[2]["id"]),
        }
        assert {(row["asset_id"], row["account_id"]) for row in found.values()} == {(asset.id, asset.account_id)}
        assert steps.rows("messages") == before
