"""What each fault does to a call. `execute` carries the call out; a fault that does not call it changes nothing."""

import json
import os
import signal
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import STATUS, Problem
from ..messages import Answer
from .raw_connection import RawConnection, encoded
from .respelling import respelled


@dataclass(frozen=True)
class FaultyCall:
    fault: str
    details: dict[str, Any]
    execute: Callable[..., Answer]
    wait: Callable[[float], None]
    another: Callable[[str], dict[str, Any] | None]
    """Returns the newest coupon under a different reference than the given one."""
    connection: RawConnection

    def __getitem__(self, name: str) -> Any:
        return self.details[name]

    def execute_if_asked(self) -> Answer | None:
        return self.execute() if self["commit"] else None


def inject(call: FaultyCall) -> Answer:
    return INJECTIONS[call.fault](call)


def _refusal(call: FaultyCall) -> Problem:
    headers = {"Retry-After": call["retry_after"]} if call["retry_after"] else {}
    status = call["status"] or STATUS[call["code"]]
    return Problem(call["code"], call["message"], status=status, fields=call["fields"], headers=headers)


def refuse(call: FaultyCall) -> NoReturn:
    raise _refusal(call)


def fail_after(call: FaultyCall) -> NoReturn:
    call.execute()
    raise _refusal(call)


def drop_before(call: FaultyCall) -> NoReturn:
    call.connection.drop(reset=call["reset"])


def drop_after(call: FaultyCall) -> NoReturn:
    call.execute()
    call.connection.drop(reset=call["reset"])


def timeout_before(call: FaultyCall) -> NoReturn:
    call.wait(call["seconds"])
    call.connection.drop()


def timeout_after(call: FaultyCall) -> Answer:
    answer = call.execute()
    call.wait(call["seconds"])
    return answer


def late(call: FaultyCall) -> Answer:
    call.wait(call["seconds"])
    return call.execute()


def truncate(call: FaultyCall) -> NoReturn:
    answer = call.execute()
    body = encoded(answer)
    part = body[: int(len(body) * call["keep"])]
    if call["framing"] == "length":
        call.connection.send(answer.status, {"Content-Length": str(len(body))}, part)
    if call["framing"] == "chunked":
        chunk = b"%x\r\n%s\r\n" % (len(part), part)
        call.connection.send(answer.status, {"Transfer-Encoding": "chunked"}, chunk)
    call.connection.send(answer.status, {}, part)


def drip(call: FaultyCall) -> NoReturn:
    answer = call.execute()
    body = encoded(answer)
    head = call.connection.head(answer.status, {"Content-Length": str(len(body))})
    if not call["head"]:
        call.connection.write(head)
        head = b""
    for byte in head + body:
        call.connection.write(bytes([byte]))
        call.wait(call["every_ms"] / 1000)
    call.connection.drop()


def oversized(call: FaultyCall) -> NoReturn:
    answer = call.execute()
    body = encoded(answer).ljust(call["size"])
    call.connection.send(answer.status, {"Content-Length": str(len(body))}, body)


def gzip(call: FaultyCall) -> NoReturn:
    answer = call.execute()
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    pieces = [packer.compress(encoded(answer))]
    for start in range(0, call["size"], 1_000_000):
        pieces.append(packer.compress(b" " * min(1_000_000, call["size"] - start)))
    body = b"".join([*pieces, packer.flush()])
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    call.connection.send(answer.status, headers, body)


def html(call: FaultyCall) -> NoReturn:
    call.execute_if_asked()
    page = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
    call.connection.send(call["status"], headers, page)


def redirect(call: FaultyCall) -> NoReturn:
    call.execute_if_asked()
    call.connection.send(call["status"], {"Location": call["location"], "Content-Length": "0"}, b"")


def answer(call: FaultyCall) -> NoReturn:
    call.execute_if_asked()
    body = call["body"].encode()
    headers = {"Content-Type": call["content_type"], "Content-Length": str(len(body))}
    call.connection.send(call["status"], headers, body)


def lie(call: FaultyCall) -> Answer:
    true = call.execute()
    body = json.loads(json.dumps(true.body))
    for entity in body.get("Entities", [body]):
        entity.update(call["fields"])
        for name in call["without"]:
            entity.pop(name, None)
    return Answer(call["status"] or true.status, body, true.headers)


def mask(call: FaultyCall) -> Answer:
    """Masks the code, as in a list for people."""
    true = call.execute()
    code = true.body["Code"]
    return Answer(true.status, true.body | {"Code": f"****-{code[-9:]}"} | call["fields"], true.headers)


def mix_up(call: FaultyCall) -> Answer:
    """Answers with the code, the Id or both of a coupon that was made for another order."""
    true = call.execute()
    other = call.another(true.body["ExternalReference"]) or {}
    marks = {name: other.get(name, true.body[name]) for name in MARKS[call["marks"]]}
    return Answer(true.status, true.body | marks, true.headers)


MARKS = {"code": ("Code",), "id": ("Id",), "both": ("Code", "Id")}


def respell(call: FaultyCall) -> Answer:
    true = call.execute()
    return Answer(true.status, respelled(json.loads(json.dumps(true.body))), true.headers)


def lag(call: FaultyCall) -> Answer:
    return call.execute(hidden_seconds=call["seconds"])


def lie_search(call: FaultyCall) -> Answer:
    page = call.execute().body
    return Answer(200, page | {"Entities": [], "Count": 0, "TotalCount": 0})


def duplicate(call: FaultyCall) -> Answer:
    return call.execute()


def kill(call: FaultyCall) -> NoReturn:
    if call["when"] == "after":
        call.execute()
    # Gunicorn's arbiter first, or it would start another worker. Not the group, which may contain other processes.
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    raise AssertionError("outlived SIGKILL")


def kill_client(call: FaultyCall) -> NoReturn:
    """Kills the client's process and its whole group."""
    if call["at"] in ("done", "half answered"):
        answer = call.execute()
        if call["at"] == "half answered":
            body = encoded(answer)
            head = call.connection.head(answer.status, {"Content-Length": str(len(body))})
            call.connection.write(head + body[: len(body) // 2])
    os.killpg(call["group"], signal.SIGKILL)
    call.connection.drop()


INJECTIONS: dict[str, Callable[[FaultyCall], Answer]] = {
    "refuse": refuse,
    "fail_before": refuse,
    "fail_after": fail_after,
    "drop_before": drop_before,
    "drop_after": drop_after,
    "timeout_before": timeout_before,
    "timeout_after": timeout_after,
    "late": late,
    "truncate": truncate,
    "drip": drip,
    "oversized": oversized,
    "gzip": gzip,
    "html": html,
    "redirect": redirect,
    "answer": answer,
    "lie": lie,
    "mask": mask,
    "mix_up": mix_up,
    "respell": respell,
    "lag": lag,
    "lie_search": lie_search,
    "duplicate": duplicate,
    "kill": kill,
    "kill_client": kill_client,
}
