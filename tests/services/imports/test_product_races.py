"""Two people import products in the same moment: nothing deadlocks, and a code is made once."""

from portal.core.errors import Conflict
from portal.models import Price, Product
from portal.services.imports import products
from tests.services.shop import at_once

HEAD = "Code,Type,EUR\n"


def imported_at_once(app, world, *texts: str) -> list:
    with app.app_context():
        digests = [products.preview(text, None).digest for text in texts]
    left = list(zip(texts, digests, strict=True))

    def one():
        text, seen = left.pop()
        with app.app_context():
            products.apply(text, None, seen=seen, by=world.dora)

    return at_once(len(texts), one)


def test_rows_in_the_opposite_order_wait_for_each_other(app, world):
    codes = [world.product(prices={"EUR": 500}).code for _each in range(20)]
    types = ("MailboxLicense", "UserMigrationBundle")
    rows = [f"{code},{types[place % 2]},{{price}}\n" for place, code in enumerate(codes)]
    texts = [HEAD + "".join(each).format(price=price) for each, price in ((rows, 6), (rows[::-1], 7))]
    outcomes = imported_at_once(app, world, *texts)
    assert {type(each) for each in outcomes} <= {type(None), Conflict}
    with app.app_context():
        amounts = {row.amount for row in Price.query.join(Product).filter(Product.code.in_(codes))}
    assert len(amounts) == 1


def test_a_code_is_made_once(app, world):
    texts = [f"Code,Type,Name\nNEW,MailboxLicense,{name}\n" for name in ("One", "Other")]
    outcomes = imported_at_once(app, world, *texts)
    assert sorted(str(type(each)) for each in outcomes) == sorted(map(str, (type(None), Conflict)))
    with app.app_context():
        assert Product.query.filter_by(code="NEW").count() == 1
