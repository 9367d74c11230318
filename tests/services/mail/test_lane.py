"""A slow mail server slows nothing else."""

import threading
import time
from dataclasses import replace

from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, MessageState, SyncStatus
from portal.services import ordering
from portal.services.mail.events import WELCOME
from portal.worker.loop import Worker
from tests.services.mail.conftest import with_mail


def test_a_slow_mail_server_slows_no_purchase(post, server):
    """The worker has one thread for work, which mail must not take."""
    world, settings = post.world, post.app.config["PORTAL"]
    patient = with_mail(settings, server=replace(settings.mail.server, timeout=20))
    post.app.config["PORTAL"] = replace(patient, worker_threads=1)
    server.pause = 4
    post.write(WELCOME)
    worker = Worker(post.app)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert server.got_text.wait(10)
    with post.app.app_context():
        line = {"account_id": world.customer.id, "product_id": world.mailbox.id, "quantity": 25, "name": ""}
        asset_id = ordering.place(key="an order", by=world.dana, **line).lines[0].asset_id
        until = time.monotonic() + 10
        is_there = select(Asset.id).where(Asset.id == asset_id, Asset.sync_status == SyncStatus.SYNCHRONIZED)
        while db.session.scalar(is_there) is None and time.monotonic() < until:
            db.session.commit()
            time.sleep(0.05)

    state = post.all()[0].state
    worker.stop()
    thread.join(30)
    assert state is MessageState.SENDING
    assert post.world.code_of(world.find(Asset, asset_id))
