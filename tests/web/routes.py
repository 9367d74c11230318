"""Who may do what: every route × every person.

One line for each method and endpoint: the answer for each person, for a row that belongs to them or to an account
below them. Other rows are the business of test_who_sees_what.py. The distributor's accountant has a table of
exceptions of her own.
"""

from collections.abc import Iterator
from functools import cache

from tests.web import billing_routes, calendar_routes, handover_routes, mail_routes, reconciliation_routes

COLUMNS = ("nobody", "dana", "dora", "vera", "paula", "pavel", "penny", "carl", "cora", "cleo")
PEOPLE = (*COLUMNS, "elena")

# One column for each of COLUMNS, in this order. 302: the sign-in form. 303: done. `a/b`: either.
TABLE = """
# method endpoint                  nobody dana dora vera  paula pavel penny  carl cora cleo

GET  static                           200  200  200  200    200   200   200   200  200  200
GET  healthz                          200  200  200  200    200   200   200   200  200  200
GET  readyz                       200/503 200/503 200/503 200/503 200/503 200/503 200/503 200/503 200/503 200/503

GET  metrics                          200  200  200  200    200   200   200   200  200  200

GET  auth.start                       302  302  302  302    302   302   302   302  302  302
GET  auth.sign_in                     200  302  302  302    302   302   302   302  302  302
POST auth.sign_in                     422  422  422  422    422   422   422   422  422  422
POST auth.sign_out                    303  303  303  303    303   303   303   303  303  303
GET  auth.password.edit               302  200  200  200    200   200   200   200  200  200
POST auth.password.edit               401  422  422  422    422   422   422   422  422  422
POST auth.language.choose              303  303  303  303    303   303   303   303  303  303
GET  auth.link.enter                  404  404  404  404    404   404   404   404  404  404
GET  auth.link.edit                   404  404  404  404    404   404   404   404  404  404
POST auth.link.edit                   404  404  404  404    404   404   404   404  404  404

GET  bss.index                        302  200  200  200    404   404   404   404  404  404
GET  bss.group                        302  200  200  200    404   404   404   404  404  404
POST bss.link                         401  303  303  403    404   404   404   404  404  404
GET  bss.bulk.index                   302  200  200  200    404   404   404   404  404  404
POST bss.bulk.new                     401  303  303  403    404   404   404   404  404  404
GET  bss.bulk.show                    302  200  200  200    404   404   404   404  404  404
POST bss.bulk.start                   401  303  303  403    404   404   404   404  404  404
POST bss.bulk.stop                    401  303  303  403    404   404   404   404  404  404
GET  bss.retries.index                302  200  200  200    404   404   404   404  404  404
POST bss.retries.new                  401  303  303  403    404   404   404   404  404  404
GET  bss.retries.show                 302  200  200  200    404   404   404   404  404  404
POST bss.retries.start                401  303  303  403    404   404   404   404  404  404
POST bss.retries.stop                 401  303  303  403    404   404   404   404  404  404
POST bss.retries.again                401  303  303  403    404   404   404   404  404  404
GET  bss.assets.index                 302  200  200  200    404   404   404   404  404  404
GET  bss.assets.show                  302  200  200  200    404   404   404   404  404  404
GET  bss.assets.story                 302  200  200  200    404   404   404   404  404  404
GET  bss.assets.find                  302  200  200  403    404   404   404   404  404  404
POST bss.assets.search                401  303  303  303    404   404   404   404  404  404
POST bss.assets.export                401  200  200  403    404   404   404   404  404  404
POST bss.assets.find                  401  303  303  403    404   404   404   404  404  404
GET  bss.assets.edit                  302  200  200  403    404   404   404   404  404  404
POST bss.assets.edit                  401  303  303  403    404   404   404   404  404  404
GET  bss.assets.sync                  302  200  200  403    404   404   404   404  404  404
POST bss.assets.sync                  401  303  303  403    404   404   404   404  404  404
POST bss.assets.reveal                401  200  200  403    404   404   404   404  404  404
POST bss.assets.hide                  401  303  303  403    404   404   404   404  404  404
GET  bss.assets.attach                302  200  200  403    404   404   404   404  404  404
POST bss.assets.attach                401  303  303  403    404   404   404   404  404  404
GET  bss.requests.show                302  404  200  404    404   404   404   404  404  404
GET  bss.assets.attest                302  200  200  403    404   404   404   404  404  404
POST bss.assets.attest                401  303  303  403    404   404   404   404  404  404
GET  bss.assets.cancel                302  200  200  403    404   404   404   404  404  404
POST bss.assets.cancel                401  303  303  403    404   404   404   404  404  404
GET  bss.assets.replace               302  200  200  403    404   404   404   404  404  404
POST bss.assets.replace               401  303  303  403    404   404   404   404  404  404
GET  bss.assets.withdraw              302  200  200  403    404   404   404   404  404  404
POST bss.assets.withdraw              401  409  409  403    404   404   404   404  404  404
GET  bss.assets.review                302  200  200  200    404   404   404   404  404  404
GET  bss.orders.index                 302  200  200  200    404   404   404   404  404  404
GET  bss.orders.show                  302  200  200  200    404   404   404   404  404  404
POST bss.orders.execute               401  303  303  403    404   404   404   404  404  404
POST bss.orders.end                   401  303  303  403    404   404   404   404  404  404
POST bss.orders.invoice               401  303  303  403    404   404   404   404  404  404
POST bss.orders.time_invoice          401  303  303  403    404   404   404   404  404  404
POST bss.orders.annotate              401  303  303  403    404   404   404   404  404  404
POST bss.orders.retry                 401  303  303  403    404   404   404   404  404  404
GET  bss.orders.new_draft             302  200  200  403    404   404   404   404  404  404
POST bss.orders.new_draft             401  303  303  403    404   404   404   404  404  404
GET  bss.orders.edit                  302  200  200  403    404   404   404   404  404  404
POST bss.orders.edit                  401  303  303  403    404   404   404   404  404  404
GET  bss.orders.discard               302  200  200  403    404   404   404   404  404  404
POST bss.orders.discard               401  303  303  403    404   404   404   404  404  404
GET  bss.orders.several               302  200  200  403    404   404   404   404  404  404
POST bss.orders.several               401  303  303  403    404   404   404   404  404  404
POST bss.orders.again                 401  303  303  403    404   404   404   404  404  404
GET  bss.orders.new                   302  200  200  403    404   404   404   404  404  404
POST bss.orders.new                   401  303  303  403    404   404   404   404  404  404
POST bss.orders.search                401  303  303  303    404   404   404   404  404  404
POST bss.orders.find_account          401  303  303  403    404   404   404   404  404  404
GET  bss.company.edit                 302  403  200  403    404   404   404   404  404  404
POST bss.company.edit                 401  403  303  403    404   404   404   404  404  404
GET  bss.company.logo                 302  403  404  403    404   404   404   404  404  404
GET  bss.company.changes              302  403  200  403    404   404   404   404  404  404
GET  bss.tax_codes.new                302  403  200  403    404   404   404   404  404  404
POST bss.tax_codes.new                401  403  303  403    404   404   404   404  404  404
GET  bss.tax_codes.edit               302  403  200  403    404   404   404   404  404  404
POST bss.tax_codes.edit               401  403  303  403    404   404   404   404  404  404
POST bss.tax_codes.retire             401  403  303  403    404   404   404   404  404  404
POST bss.tax_codes.use_again          401  403  409  403    404   404   404   404  404  404
GET  bss.products.index               302  403  200  403    404   404   404   404  404  404
POST bss.products.search              401  403  303  403    404   404   404   404  404  404
GET  bss.products.new                 302  403  200  403    404   404   404   404  404  404
POST bss.products.new                 401  403  303  403    404   404   404   404  404  404
GET  bss.products.edit                302  403  200  403    404   404   404   404  404  404
POST bss.products.edit                401  403  303  403    404   404   404   404  404  404
POST bss.products.read_definition     401  403  303  403    404   404   404   404  404  404
GET  bss.products.changes             302  403  200  403    404   404   404   404  404  404
POST bss.products.publish             401  403  303  403    404   404   404   404  404  404
GET  bss.products.withdraw            302  403  200  403    404   404   404   404  404  404
POST bss.products.withdraw            401  403  303  403    404   404   404   404  404  404
GET  bss.product_imports.index        302  403  200  403    404   404   404   404  404  404
POST bss.product_imports.index        401  403  200  403    404   404   404   404  404  404
GET  bss.price_lists.index            302  403  200  403  404  404  404  404  404  404
POST bss.price_lists.search           401  403  303  403  404  404  404  404  404  404
GET  bss.price_lists.new              302  403  200  403  404  404  404  404  404  404
POST bss.price_lists.new              401  403  303  403  404  404  404  404  404  404
GET  bss.price_lists.why              302  403  200  403  404  404  404  404  404  404
POST bss.price_lists.why              401  403  303  403  404  404  404  404  404  404
GET  bss.price_lists.edit             302  403  200  403  404  404  404  404  404  404
POST bss.price_lists.edit             401  403  303  403  404  404  404  404  404  404
GET  bss.price_lists.imports          302  403  200  403  404  404  404  404  404  404
POST bss.price_lists.imports          401  403  200  403  404  404  404  404  404  404
POST bss.price_lists.copy             401  403  303  403  404  404  404  404  404  404
POST bss.price_lists.end              401  403  409  403  404  404  404  404  404  404
POST bss.price_lists.discard          401  403  303  403  404  404  404  404  404  404
POST bss.price_lists.assign           401  403  303  403  404  404  404  404  404  404
POST bss.price_lists.unassign         401  403  303  403  404  404  404  404  404  404
GET  bss.bittitan.show                302  403  200  403    404   404   404   404  404  404
GET  bss.connection.edit              302  403  200  403    404   404   404   404  404  404
POST bss.connection.confirm           401  403  303  403    404   404   404   404  404  404
POST bss.connection.edit             401  403  200  403    404   404   404   404  404  404
POST bss.bittitan.fault               401  403  303  403    404   404   404   404  404  404
POST bss.bittitan.calm                401  403  303  403    404   404   404   404  404  404
GET  bss.surplus.index                302  200  200  200    404   404   404   404  404  404
GET  bss.surplus.show                 302  200  200  200    404   404   404   404  404  404
POST bss.surplus.attach               401  422  422  403    404   404   404   404  404  404
POST bss.surplus.revoke               401  303  303  403    404   404   404   404  404  404
POST bss.surplus.reveal               401  200  200  403    404   404   404   404  404  404
POST bss.surplus.hide                 401  303  303  403    404   404   404   404  404  404
GET  bss.audit.index                         302  200  200  200    404   404   404   404  404  404
POST bss.audit.search                        401  303  303  303    404   404   404   404  404  404
GET  bss.schedule.index               302  200  200  200    404   404   404   404  404  404
GET  bss.alerts.index                 302  200  200  200    404   404   404   404  404  404
POST bss.alerts.see                   401  303  303  403    404   404   404   404  404  404
POST bss.alerts.see_all               401  303  303  403    404   404   404   404  404  404
POST bss.bittitan.test                401  403  303  403    404   404   404   404  404  404
POST bss.bittitan.connect             401  403  303  403    404   404   404   404  404  404
POST bss.bittitan.release             401  403  303  403    404   404   404   404  404  404
GET  bss.users.index                  302  403  200  403    404   404   404   404  404  404
POST bss.users.search                 401  403  303  403    404   404   404   404  404  404
GET  bss.imports.index                302  200  200  403    404   404   404   404  404  404
POST bss.imports.index                401  422  422  403    404   404   404   404  404  404
GET  bss.imports.codes                302  200  200  403    404   404   404   404  404  404
POST bss.imports.codes                401  422  422  403    404   404   404   404  404  404
GET  bss.imports.show                 302  200  200  403    404   404   404   404  404  404
POST bss.imports.read_again         401  422  422  403    404   404   404   404  404  404
POST bss.imports.apply                401  303  303  403    404   404   404   404  404  404
POST bss.imports.rejects              401  200  200  403    404   404   404   404  404  404
POST bss.imports.discard              401  303  303  403    404   404   404   404  404  404

GET  accounts.index                   302  200  200  200    200   200   200   302  302  302
GET  accounts.show                    302  200  200  200    200   200   200   200  200  200
GET  accounts.changes                 302  200  200  200    403   403   403   403  403  403
GET  accounts.new                     302  200  200  403    200   403   403   403  403  403
POST accounts.new                     401  303  303  403    303   403   403   403  403  403
GET  accounts.edit                    302  200  200  403    200   403   403   403  403  403
POST accounts.edit                    401  303  303  403    303   403   403   403  403  403
POST accounts.search_all              401  303  303  303    303   303   303   303  303  303
POST accounts.search                  401  303  303  303    303   303   303   303  303  303
POST accounts.export                  401  200  200  403    200   200   403   200  200  403
POST accounts.sync                    401  303  303  403    303   403   403   403  403  403
GET  accounts.requests.show           302  404  404  404    404   404   404   404  404  404
GET  accounts.disable                 302  200  200  403    200   403   403   403  403  403
POST accounts.disable                 401  303  303  403    303   403   403   403  403  403
GET  accounts.merge                   302  200  200  403    403   403   403   403  403  403
POST accounts.merge                   401  303  303  403    403   403   403   403  403  403
GET  accounts.merge_into              302  200  200  403    403   403   403   403  403  403
POST accounts.merge_into              401  303  303  403    403   403   403   403  403  403
POST accounts.enable                  401  303  303  403    303   403   403   403  403  403
GET  accounts.credit_of               302  404  404  404    404   404   404   404  404  404
POST accounts.record_payment          401  404  404  403    404   403   403   403  403  403
POST accounts.set_execution           401  404  404  403    404   403   403   403  403  403
GET  accounts.users.new               302  403  200  403    200   403   403   403  200  403
POST accounts.users.new               401  403  200  403    200   403   403   403  200  403
GET  accounts.users.edit              302  403  200  403    200   403   403   403  200  403
POST accounts.users.edit              401  403  303  403    303   403   403   403  303  403
POST accounts.users.disable           401  403  303  403    303   403   403   403  303  403
POST accounts.users.enable            401  403  303  403    303   403   403   403  303  403
POST accounts.users.link               401  403  303  403    303   403   403   403  303  403

GET  storefront.prices.index          302  404  404  404  200  403  403  403  403  403
POST storefront.prices.search         401  404  404  404  303  403  403  403  403  403
GET  storefront.prices.new            302  404  404  404  200  403  403  403  403  403
POST storefront.prices.new            401  404  404  404  303  403  403  403  403  403
GET  storefront.prices.why            302  404  404  404  200  403  403  403  403  403
POST storefront.prices.why            401  404  404  404  303  403  403  403  403  403
GET  storefront.prices.edit           302  404  404  404  200  403  403  403  403  403
POST storefront.prices.edit           401  404  404  404  303  403  403  403  403  403
GET  storefront.prices.imports        302  404  404  404  200  403  403  403  403  403
POST storefront.prices.imports        401  404  404  404  200  403  403  403  403  403
POST storefront.prices.copy           401  404  404  404  303  403  403  403  403  403
POST storefront.prices.end            401  404  404  404  409  403  403  403  403  403
POST storefront.prices.discard        401  404  404  404  303  403  403  403  403  403
POST storefront.prices.assign         401  404  404  404  303  403  403  403  403  403
POST storefront.prices.unassign       401  404  404  404  303  403  403  403  403  403
GET  storefront.orders.index          302  404  404  404    200   200   200   200  200  200
POST storefront.orders.search         401  404  404  404    303   303   303   303  303  303
GET  storefront.orders.show           302  404  404  404    200   200   200   200  200  200
POST storefront.orders.cancel         401  404  404  404    403   403   403   303  303  403
POST storefront.orders.decide         401  404  404  404    303   303   403   403  403  403
GET  storefront.orders.again          302  404  404  404    200   200   403   200  200  403
POST storefront.orders.again          401  404  404  404    303   303   403   303  303  403
GET  storefront.approvals.index       302  404  404  404    200   200   403   404  404  404
POST storefront.approvals.decide      401  404  404  404    303   303   403   404  404  404
POST storefront.approvals.change_rule 401  404  404  404    303   403   403   404  404  404
GET  storefront.index                 302  404  404  404    200   200   200   200  200  200
GET  storefront.billing               302  404  404  404    200   200   200   200  200  200
GET  storefront.assets.index          302  404  404  404    200   200   200   200  200  200
GET  storefront.assets.show           302  404  404  404    200   200   200   200  200  200
GET  storefront.assets.edit           302  404  404  404    200   200   403   200  200  403
POST storefront.assets.edit           401  404  404  404    303   303   403   303  303  403
POST storefront.assets.search         401  404  404  404    303   303   303   303  303  303
POST storefront.assets.export         401  404  404  404    200   200   403   200  200  403
POST storefront.assets.reveal         401  404  404  404    200   200   403   200  200  403
POST storefront.assets.hide           401  404  404  404    303   303   403   303  303  403
POST storefront.assets.ask            401  404  404  404    303   303   403   303  303  403
GET  storefront.shop.index            302  404  404  404    200   200   200   200  200  200
POST storefront.shop.search           401  404  404  404    303   303   303   303  303  303
POST storefront.basket.add            401  404  404  404    303   303   403   303  303  403
GET  storefront.basket.show           302  404  404  404    200   200   403   200  200  403
POST storefront.basket.save           401  404  404  404    303   303   403   303  303  403
GET  storefront.basket.ask            302  404  404  404    200   200   403   200  200  403
POST storefront.basket.discard        401  404  404  404    409   409   403   409  409  403
"""

# elena, the distributor's accountant, gets what vera gets, except here.
ACCOUNTANT = """
# method endpoint                   elena

GET  bss.bulk.index                   403
GET  bss.bulk.show                    403
GET  bss.retries.index                403
GET  bss.retries.show                 403
GET  bss.surplus.index                403
GET  bss.surplus.show                 403
GET  bss.audit.index                  403
POST bss.audit.search                 403
GET  bss.schedule.index               403
GET  bss.alerts.index                 403
GET  bss.company.edit                 200
POST bss.orders.invoice               303
POST bss.orders.time_invoice          303
GET  bss.company.logo                 404
GET  bss.company.changes              200
GET  bss.tax_codes.edit               200
"""


_OTHERS = (billing_routes, reconciliation_routes, handover_routes, calendar_routes, mail_routes)
TABLES = (TABLE, *(part.TABLE for part in _OTHERS))


@cache
def expectations() -> dict[tuple[str, str], dict[str, set[int]]]:
    rows = _table()
    for (method, endpoint), (said,) in _lines(ACCOUNTANT):
        assert (method, endpoint) in rows, f"{method} {endpoint} is not in the table above"
        assert rows[method, endpoint]["elena"] != _statuses(said), f"{endpoint}: vera gets the same, leave it out"
        rows[method, endpoint]["elena"] = _statuses(said)
    return rows


def _table() -> dict[tuple[str, str], dict[str, set[int]]]:
    rows = {}
    for (method, endpoint), answers in (line for table in TABLES for line in _lines(table)):
        assert (method, endpoint) not in rows, f"{method} {endpoint} stands there twice"
        people = PEOPLE if len(answers) == len(PEOPLE) else COLUMNS
        said = dict(zip(people, answers, strict=True))
        said.setdefault("elena", said["vera"])
        rows[method, endpoint] = {nick: _statuses(each) for nick, each in said.items()}
    return rows


def _lines(table: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for line in table.strip().splitlines():
        if not line.startswith("#") and line.strip():
            method, endpoint, *answers = line.split()
            yield (method, endpoint), answers


def _statuses(said: str) -> set[int]:
    return {int(each) for each in said.split("/")}
