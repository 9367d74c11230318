"""The control plane, with which tests and demos steer the sandbox. JSON without a ticket, for loopback clients only.
The Host must be a name of this machine or of `trusted_hosts`, so that no web page can use it by DNS rebinding.

Every POST, PUT and DELETE has `Content-Type: application/json` and an object, at least `{}`, so that no web page can
send one by itself. Errors are the contract's error document.

    GET    /sandbox/settings        {"kind", "delay_ms", "rate", "ticket_seconds", "honours_not_after",
                                     "known_organizations_only", "clock_offset"}; clock_offset: seconds by which
                                     its clock is ahead (Date, Created, ticket, deadline), negative if behind
    POST   /sandbox/settings        any of these; answers all. They last until a reset or a restart.
    GET    /sandbox/faults          ?last=<number of the used> -> {"waiting": [FAULT], "used": [{"sequence",
                                     "at", "fault_id", "fault", "operation", "reference", "request_id"}]}
    POST   /sandbox/faults          {"operation", "fault", "match"?, "times"?, "details"?} -> 201 FAULT
    DELETE /sandbox/faults          {} -> {}; the record of used faults stays
    GET    /sandbox/journal         ?reference= ?what= ?after=<sequence> -> {"entries": [{"sequence", "at",
                                     "what", "reference", "coupon_id", "code", "quantity", "request_id"}]}
                                     what: created | revoked | redeemed | expired | put
    GET    /sandbox/coupons         ?reference= -> {"coupons": [Coupon]}, of any status
    PUT    /sandbox/coupons         {"coupons": [Coupon]} -> {"put": 2}. As in the contract, but only Code is
                                     required; an existing code is replaced. Not a purchase.
    POST   /sandbox/coupons/redeem  {"code"} or {"id"} -> Coupon
    POST   /sandbox/coupons/expire  {"code"} or {"id"} -> Coupon
    POST   /sandbox/tickets/expire  {} -> {}; all tickets issued so far get 401 TicketExpired
    POST   /sandbox/calls/release   {} -> {}; calls that hang now (a delay, a timeout, a late one) go on at once
    POST   /sandbox/reset           {} -> {}; coupons, journal, faults and the code counter are emptied, and the
                                     settings are those of the start. Calls that hang are dropped without being
                                     carried out. Tickets stay valid.

FAULT is {"id", "operation", "fault", "match", "left", "details"}. `operation` is an operationId of the
contract or "*"; `match` is compared with the call's ExternalReference; `times` (default 1) is the number of
calls that meet the fault, null means until cleared. Each call takes the oldest fault that fits, after ticket,
rate limit and contract were checked. `faults/catalog.py` has the defaults of all details:

    refuse, fail_before, fail_after   status, code, message, retry_after, fields
    drop_before, drop_after           reset (a TCP reset instead of an orderly close)
    timeout_before                    seconds; nothing done, then closed without an answer
    timeout_after                     seconds; done at once, answered at the end
    late                              seconds; done and answered at the end, even if the client has gone
    truncate                          framing: length | chunked | close; keep: 0 to 1
    drip                              every_ms, head (the head too, not only the body)
    oversized, gzip                   size in bytes (of the unpacked body)
    html, redirect                    status, location, commit (default: nothing is done)
    answer                            status, body (a string), content_type, commit (default: done)
    lie                               fields, without, status; in a list, of each entity
    respell                           the true answer: 4 as 4.0, Ids in capitals, other zones, more members
    lag                               seconds in which the new coupon is hidden from searches
    lie_search                        the search finds nothing
    duplicate                         two coupons under one reference
    kill                              when: before | after; SIGKILL to the whole sandbox
    kill_client                       at: accepted (operation "connect") | read | done | half answered; group:
                                      SIGKILL to this process group; only if started with --kills-clients

Each fault that lets the call happen also takes `copies`, `hidden_seconds` and `ignore_deadline`.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from werkzeug import Request

from . import times
from .contract import read_json
from .errors import Problem
from .messages import Answer
from .settings import SandboxSettings
from .state import Sandbox
from .storage.shapes import COLUMNS, completed, organization_id, shown
from .storage.sqlite import sqlite3

Route = Callable[[Sandbox, dict, str], Any]
BODY_LIMIT = 256 * 1024 * 1024
NEED = {"operation": str, "fault": str}
MAY = {"match": (str, type(None)), "times": (int, type(None)), "details": dict}


def answer(sandbox: Sandbox, request: Request, request_id: str) -> Answer:
    route = _route(sandbox, request)
    if request.method == "GET":
        given = request.args.to_dict()
    else:
        given = read_json(request, BODY_LIMIT)
        if not isinstance(given, dict):
            raise Problem("InvalidRequest", "The body must be an object.")
    result = route(sandbox, given, request_id)
    return result if isinstance(result, Answer) else Answer(200, result)


def _route(sandbox: Sandbox, request: Request) -> Route:
    is_local = _is_loopback(request.remote_addr) and _is_ours(request.host, sandbox.settings)
    allowed = [method for method, path in ROUTES if path == request.path]
    if not is_local or not allowed:
        raise Problem("NotFound", "There is nothing at this address.")
    if request.method not in allowed:
        raise Problem("MethodNotAllowed", "This method is not allowed here.", headers={"Allow": ", ".join(allowed)})
    return ROUTES[request.method, request.path]


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def _is_ours(host: str, settings: SandboxSettings) -> bool:
    name = host.lower().rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host.lower()
    trusted = ("localhost", settings.host, *settings.trusted_hosts.split(","))
    return name in trusted or host.lower() in trusted or _is_loopback(name.strip("[]"))


def read_settings(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    return sandbox.settings.changeable()


def change_settings(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    try:
        with sandbox.store.lock:
            sandbox.settings = sandbox.settings.changed(given)
    except ValueError as error:
        raise Problem("InvalidRequest", str(error)) from None
    return sandbox.settings.changeable()


def list_faults(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    last = given.get("last", "")
    if last and not (last.isdecimal() and len(last) < 10):
        raise Problem("InvalidRequest", "last must be a number.")
    return {"waiting": sandbox.faults.waiting(), "used": sandbox.faults.used(int(last) if last else None)}


def put_fault(sandbox: Sandbox, given: dict, request_id: str) -> Answer:
    wrong = [name for name, kind in NEED.items() if not isinstance(given.get(name), kind)]
    wrong += [name for name, kind in MAY.items() if name in given and not isinstance(given[name], kind)]
    wrong += given.keys() - NEED.keys() - MAY.keys()
    if given.get("fault") == "kill_client" and not sandbox.settings.kills_clients:
        raise Problem("InvalidRequest", "This sandbox was not started with --kills-clients.")
    left = given.get("times", 1)
    if wrong or isinstance(left, bool) or (left is not None and left < 1):
        raise Problem("InvalidRequest", f"The fault is not valid: {', '.join(wrong) or 'times'}.")
    fault = sandbox.faults.put(
        operation=given["operation"],
        fault=given["fault"],
        match=given.get("match"),
        left=left,
        details=given.get("details", {}),
    )
    return Answer(201, fault)


def clear_faults(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    sandbox.faults.clear()
    return {}


def read_journal(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    where, values = ["sequence > ?"], [given.get("after", "0")]
    if not values[0].isdecimal():
        raise Problem("InvalidRequest", "after must be a number.")
    values[0] = min(int(values[0]), 2**62)
    for name in given.keys() & {"reference", "what"}:
        where.append(f"{name} = ?")
        values.append(given[name])
    statement = ["SELECT * FROM journal WHERE", " AND ".join(where), "ORDER BY sequence"]
    return {"entries": [dict(row) for row in sandbox.store.rows(" ".join(statement), *values)]}


def read_coupons(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    if "reference" in given:
        rows = sandbox.store.rows("SELECT * FROM coupons WHERE reference = ? ORDER BY sequence", given["reference"])
    else:
        rows = sandbox.store.rows("SELECT * FROM coupons ORDER BY sequence")
    return {"coupons": [shown(row) for row in rows]}


def put_coupons(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    coupons = given.get("coupons")
    if not isinstance(coupons, list):
        raise Problem("InvalidRequest", "coupons must be a list.")
    distributor = organization_id(sandbox.settings.email)
    completed_coupons = [_completed(sandbox, coupon, distributor) for coupon in coupons]
    try:
        return {"put": sandbox.coupons.put(completed_coupons, request_id)}
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise Problem("InvalidRequest", f"These coupons cannot be kept: {error}") from None


def _completed(sandbox: Sandbox, coupon: Any, distributor: str) -> dict:
    try:
        full = completed(coupon, distributor)
        error = next(sandbox.coupon_check.iter_errors(full), None)
        problem = error.message if error else ", ".join(full.keys() - COLUMNS.keys())
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        problem = str(error)
    if problem:
        raise Problem("InvalidRequest", f"Not a coupon: {problem[:200]}")
    return full


def redeem(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    return sandbox.coupons.redeem(_named(sandbox, given), request_id)


def expire(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    return sandbox.coupons.expire(_named(sandbox, given), request_id)


def _named(sandbox: Sandbox, given: dict) -> Any:
    if row := sandbox.coupons.find(id=str(given.get("id", "")), code=str(given.get("code", ""))):
        return row
    raise Problem("CouponNotFound", "There is no such coupon.")


def expire_tickets(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    sandbox.store.set_meta("tickets_ended_at", times.text(times.now()))
    return {}


def release_calls(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    sandbox.release()
    return {}


def reset(sandbox: Sandbox, given: dict, request_id: str) -> dict:
    sandbox.reset()
    return {}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/sandbox/settings"): read_settings,
    ("POST", "/sandbox/settings"): change_settings,
    ("GET", "/sandbox/faults"): list_faults,
    ("POST", "/sandbox/faults"): put_fault,
    ("DELETE", "/sandbox/faults"): clear_faults,
    ("GET", "/sandbox/journal"): read_journal,
    ("GET", "/sandbox/coupons"): read_coupons,
    ("PUT", "/sandbox/coupons"): put_coupons,
    ("POST", "/sandbox/coupons/redeem"): redeem,
    ("POST", "/sandbox/coupons/expire"): expire,
    ("POST", "/sandbox/tickets/expire"): expire_tickets,
    ("POST", "/sandbox/calls/release"): release_calls,
    ("POST", "/sandbox/reset"): reset,
}
