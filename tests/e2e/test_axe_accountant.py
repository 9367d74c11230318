"""What only an accountant sees so: the company and tax codes, to read."""

from tests.e2e.accessibility import look_at, report, world_of
from tests.e2e.steps import arrive


def test_what_an_accountant_only_reads_is_accessible_and_fits(idle_server, page):
    world = world_of(idle_server)
    tab, faults = arrive(page(idle_server), idle_server, world.elena), []
    for path in ("/bss/setup/company", f"/bss/setup/tax-codes/{world.tax_code().id}"):
        faults += look_at(tab, path)
    report(faults)
