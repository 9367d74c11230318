"""Tools > Outbox: the mails that the portal wrote, and what became of each."""

from portal.bss.outbox import mail_choices, mail_stops, outbox

blueprints = (outbox.bp, mail_stops.bp, mail_choices.bp)
