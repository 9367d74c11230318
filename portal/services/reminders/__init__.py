"""Reminders: mails before a code must be redeemed, and before licences end (docs/concepts/mail.md).

preferences  what the people of an account get: on or off, and how many days before
people       who is told about an asset, with which steps, and who is not, and why
steps        which step of an asset is written on a day
writing      the recurring task: finds the assets whose day comes near, and notes who is to be told
mailing      one mail for each recipient, of all that was noted in a morning
outlook      the same as the page of an asset shows it
choices      reminders of one asset on or off, and addresses that an administrator added
"""
