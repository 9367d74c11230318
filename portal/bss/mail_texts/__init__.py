"""Setup > Mail texts: what the mails of the portal say, in each language."""

from portal.bss.mail_texts import mail_texts

blueprints = (mail_texts.bp,)
