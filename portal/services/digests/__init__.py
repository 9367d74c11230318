"""The daily digest: one mail a day to each of the staff, with what waits for a person (docs/concepts/mail.md).

choices  who gets it, and who is told of failures at once instead
writing  the recurring task
"""
