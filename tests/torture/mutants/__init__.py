"""The portal, made wrong on purpose: what is changed where, and the test that must notice."""

from tests.torture.mutants import coupons, doors, mails, purchases

MUTANTS = purchases.MUTANTS | coupons.MUTANTS | doors.MUTANTS | mails.MUTANTS
