"""Mails: written in the transaction of their cause, and sent by a worker (docs/concepts/mail.md)."""
