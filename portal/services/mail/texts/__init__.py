"""Texts of mails that the distributor writes in place of the built-in ones."""
