from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from werkzeug.test import Client as AppClient

from portal.sandbox import times
from portal.sandbox.app import SandboxApp
from portal.sandbox.settings import SandboxSettings
from portal.sandbox.state import Sandbox
from tests.sandbox.client import Client, new_reference
from tests.sandbox_process import MAILBOX_LICENSE


@pytest.mark.parametrize("address, status", [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 404), ("", 404)])
def test_only_this_machine_may_steer(tmp_path, address, status):
    sandbox = Sandbox(SandboxSettings(path=str(tmp_path / "sandbox.db")))
    headers = {"X-Forwarded-For": "127.0.0.1"}
    environ = {"REMOTE_ADDR": address}
    answer = AppClient(SandboxApp(sandbox)).get("/sandbox/settings", headers=headers, environ_base=environ)
    sandbox.store.close()
    assert answer.status_code == status


def test_a_web_page_cannot_steer(sandbox):
    answer = requests.post(f"{sandbox.url}/sandbox/reset", data="{}", timeout=5)
    assert answer.status_code == 415
    assert requests.options(f"{sandbox.url}/sandbox/reset", timeout=5).status_code == 405


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("POST", "settings", {"kind": "other"}),
        ("POST", "settings", {"rate": "fast"}),
        ("POST", "settings", {"seed": 2}),
        ("POST", "faults", {}),
        ("POST", "faults", {"operation": "createCoupon", "fault": "nonsense"}),
        ("POST", "faults", {"operation": "nonsense", "fault": "refuse"}),
        ("POST", "faults", {"operation": "signIn", "fault": "duplicate"}),
        ("POST", "faults", {"operation": "createCoupon", "fault": "refuse", "times": 0}),
        ("POST", "faults", {"operation": "createCoupon", "fault": "refuse", "details": {"seconds": 1}}),
        ("POST", "faults", {"operation": "createCoupon", "fault": "refuse", "details": {"code": "Other"}}),
        ("POST", "faults", {"operation": "createCoupon", "fault": "truncate", "details": {"framing": "x"}}),
        ("PUT", "coupons", {"coupons": [{}]}),
        ("PUT", "coupons", {"coupons": [{"Code": "DEMO-1", "Created": "yesterday"}]}),
        ("PUT", "coupons", {"coupons": [{"Code": "DEMO-1", "Colour": "red"}]}),
        ("PUT", "coupons", {"coupons": ["DEMO-1"]}),
        ("PUT", "coupons", {"coupons": [{"Code": "DEMO-1", "Quantity": 10**30}]}),
        ("PUT", "coupons", {"coupons": [{"Code": code, "Id": MAILBOX_LICENSE} for code in ("A", "B")]}),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(sandbox, method, path, body):
    before = sandbox.control.settings()
    answer = requests.request(method, f"{sandbox.url}/sandbox/{path}", json=body, timeout=5)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidRequest")
    assert sandbox.control.settings() == before
    assert sandbox.control.faults() == sandbox.control.coupons() == []


def test_unknown_coupons_are_not_found(sandbox):
    answer = requests.post(f"{sandbox.url}/sandbox/coupons/redeem", json={"code": "x"}, timeout=5)
    assert answer.status_code == 404
    assert requests.get(f"{sandbox.url}/sandbox/nothing", timeout=5).status_code == 404


def test_coupons_can_be_put_for_a_demo(sandbox, client):
    listed = {"Code": "DEMO-0001", "ExternalReference": new_reference(), "Quantity": 25}
    used = {
        "Code": "DEMO-0002",
        "Status": "Redeemed",
        "Created": "2025-01-31T12:00:00+01:00",
        "ExpireDate": "2026-01-31T11:00:00Z",
        "RedeemedDate": "2025-03-01T00:00:00Z",
    }
    old = {"Code": "DEMO-0003", "Created": "2020-01-01T00:00:00Z"}
    assert sandbox.control.put_coupons([listed, used, old]) == 3
    assert sandbox.control.put_coupons([listed | {"Quantity": 26}]) == 1
    (found,) = client.search()["Entities"]
    assert (found["Code"], found["Quantity"]) == ("DEMO-0001", 26)
    shown = {coupon["Code"]: coupon for coupon in sandbox.control.coupons()}
    assert shown["DEMO-0002"]["Created"] == "2025-01-31T11:00:00.000000Z"
    assert shown["DEMO-0002"]["RedeemedDate"] == "2025-03-01T00:00:00.000000Z"
    assert shown["DEMO-0003"]["Status"] == "Expired"
    assert sandbox.control.purchases() == []


def test_many_coupons_are_put_at_once(sandbox):
    coupons = [{"Code": f"DEMO-{number:05}"} for number in range(5000)]
    assert sandbox.control.put_coupons(coupons) == 5000
    assert len(sandbox.control.coupons()) == 5000


def test_concurrent_calls_never_meet_the_same_fault(sandbox):
    sandbox.control.fault("createCoupon", "refuse", times=5)
    with ThreadPoolExecutor(20) as pool:
        clients = list(pool.map(Client, [sandbox] * 20))
        answers = list(pool.map(Client.order, clients))
    assert sorted(answer.status_code for answer in answers) == [201] * 15 + [403] * 5
    assert len(sandbox.control.used_faults()) == 5
    assert sandbox.control.faults() == []


def test_a_fault_can_be_kept_for_one_reference(sandbox, client):
    mine = new_reference()
    sandbox.control.fault("*", "refuse", match=mine, times=None)
    other = client.order().json()
    assert client.get(f"/v1/coupons/{other['Id']}").status_code == 200
    assert client.order(mine).status_code == 403
    assert client.get("/v1/coupons", params={"ExternalReference": mine}).status_code == 403
    sandbox.control.clear_faults()
    coupon = client.order(mine).json()
    sandbox.control.fault("getCoupon", "refuse", match=mine)
    assert client.get(f"/v1/coupons/{coupon['Id']}").status_code == 403
    assert [use["reference"] for use in sandbox.control.used_faults()] == [mine] * 3


def test_faults_are_met_in_the_order_they_were_queued(sandbox, client):
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")
    sandbox.control.fault("createCoupon", "refuse", code="Maintenance", retry_after="7")
    first, second, third = (client.order() for _ in range(3))
    assert (first.status_code, first.json()["Error"]["Code"]) == (403, "CreditLimitExceeded")
    assert (second.status_code, second.headers["Retry-After"]) == (503, "7")
    assert third.status_code == 201


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_its_clock_can_be_off_in_all_that_it_tells_but_never_for_the_judge(sandbox, seconds):
    sandbox.control.configure(clock_offset=seconds)
    now = datetime.now(UTC)
    client = Client(sandbox)
    answer = client.order()
    for told in (
        parsedate_to_datetime(answer.headers["Date"]),
        times.parse(answer.json()["Created"]),
        times.parse(answer.json()["ExpireDate"]) - timedelta(days=365),
    ):
        assert abs((told - now).total_seconds() - seconds) < 5
    late = (now + timedelta(seconds=seconds - 5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert client.order(headers={"X-Not-After": late}).json()["Error"]["Code"] == "DeadlinePassed"
    [bought] = sandbox.control.purchases()
    assert abs((times.parse(bought["at"]) - now).total_seconds()) < 5


@pytest.mark.parametrize(
    "host, status",
    [
        ("127.0.0.1:8377", 200), ("localhost", 200), ("[::1]:8377", 200), ("evil.example", 404),
        ("evil.example:8377", 404), ("127.0.0.1.evil.example", 404), ("portal.example", 404),
    ],
)  # fmt: skip
def test_a_page_whose_name_was_pointed_here_steers_nothing(sandbox, host, status):
    answer = requests.get(f"{sandbox.url}/sandbox/settings", headers={"Host": host}, timeout=10)
    assert answer.status_code == status
