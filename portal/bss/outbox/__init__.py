"""Tools > Outbox: the mails that the portal wrote, and what became of each."""

from portal.bss.outbox.outbox import bp

__all__ = ["bp"]
