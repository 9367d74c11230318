"""What each fault does with a call. `do` carries it out; a fault that never calls it changes nothing."""

import json
import os
import signal
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from . import wire
from .errors import STATUS, Problem
from .operations import Answer
from .spelling import respelled


@dataclass(frozen=True)
class Scene:
    fault: str
    details: dict[str, Any]
    do: Callable[..., Answer]
    hang: Callable[[float], None]
    another: Callable[[str], dict[str, Any] | None]
    """The newest coupon under another reference than this one."""
    wire: wire.Wire

    def __getitem__(self, name: str) -> Any:
        return self.details[name]

    def done_or_not(self) -> Answer | None:
        return self.do() if self["commit"] else None


def play(scene: Scene) -> Answer:
    return PLAYS[scene.fault](scene)


def _refusal(scene: Scene) -> Problem:
    headers = {"Retry-After": scene["retry_after"]} if scene["retry_after"] else {}
    status = scene["status"] or STATUS[scene["code"]]
    return Problem(scene["code"], scene["message"], status=status, fields=scene["fields"], headers=headers)


def refuse(scene: Scene) -> NoReturn:
    raise _refusal(scene)


def fail_after(scene: Scene) -> NoReturn:
    scene.do()
    raise _refusal(scene)


def drop_before(scene: Scene) -> NoReturn:
    scene.wire.drop(reset=scene["reset"])


def drop_after(scene: Scene) -> NoReturn:
    scene.do()
    scene.wire.drop(reset=scene["reset"])


def timeout_before(scene: Scene) -> NoReturn:
    scene.hang(scene["seconds"])
    scene.wire.drop()


def timeout_after(scene: Scene) -> Answer:
    answer = scene.do()
    scene.hang(scene["seconds"])
    return answer


def late(scene: Scene) -> Answer:
    scene.hang(scene["seconds"])
    return scene.do()


def truncate(scene: Scene) -> NoReturn:
    answer = scene.do()
    body = wire.encoded(answer)
    part = body[: int(len(body) * scene["keep"])]
    if scene["framing"] == "length":
        scene.wire.send(answer.status, {"Content-Length": str(len(body))}, part)
    if scene["framing"] == "chunked":
        chunk = b"%x\r\n%s\r\n" % (len(part), part)
        scene.wire.send(answer.status, {"Transfer-Encoding": "chunked"}, chunk)
    scene.wire.send(answer.status, {}, part)


def drip(scene: Scene) -> NoReturn:
    answer = scene.do()
    body = wire.encoded(answer)
    head = scene.wire.head(answer.status, {"Content-Length": str(len(body))})
    if not scene["head"]:
        scene.wire.write(head)
        head = b""
    for byte in head + body:
        scene.wire.write(bytes([byte]))
        scene.hang(scene["every_ms"] / 1000)
    scene.wire.drop()


def oversized(scene: Scene) -> NoReturn:
    answer = scene.do()
    body = wire.encoded(answer).ljust(scene["size"])
    scene.wire.send(answer.status, {"Content-Length": str(len(body))}, body)


def gzip(scene: Scene) -> NoReturn:
    answer = scene.do()
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    pieces = [packer.compress(wire.encoded(answer))]
    for start in range(0, scene["size"], 1_000_000):
        pieces.append(packer.compress(b" " * min(1_000_000, scene["size"] - start)))
    body = b"".join([*pieces, packer.flush()])
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    scene.wire.send(answer.status, headers, body)


def html(scene: Scene) -> NoReturn:
    scene.done_or_not()
    page = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
    scene.wire.send(scene["status"], headers, page)


def redirect(scene: Scene) -> NoReturn:
    scene.done_or_not()
    scene.wire.send(scene["status"], {"Location": scene["location"], "Content-Length": "0"}, b"")


def answer(scene: Scene) -> NoReturn:
    scene.done_or_not()
    body = scene["body"].encode()
    headers = {"Content-Type": scene["content_type"], "Content-Length": str(len(body))}
    scene.wire.send(scene["status"], headers, body)


def lie(scene: Scene) -> Answer:
    true = scene.do()
    body = json.loads(json.dumps(true.body))
    for each in body.get("Entities", [body]):
        each.update(scene["fields"])
        for name in scene["without"]:
            each.pop(name, None)
    return Answer(scene["status"] or true.status, body, true.headers)


def mask(scene: Scene) -> Answer:
    """The code with its middle blotted out, as on a list for people."""
    true = scene.do()
    code = true.body["Code"]
    return Answer(true.status, true.body | {"Code": f"****-{code[-9:]}"} | scene["fields"], true.headers)


def mix_up(scene: Scene) -> Answer:
    """With the code, the Id or both of a coupon that was made for somebody else."""
    true = scene.do()
    other = scene.another(true.body["ExternalReference"]) or {}
    marks = {name: other.get(name, true.body[name]) for name in MARKS[scene["marks"]]}
    return Answer(true.status, true.body | marks, true.headers)


MARKS = {"code": ("Code",), "id": ("Id",), "both": ("Code", "Id")}


def respell(scene: Scene) -> Answer:
    true = scene.do()
    return Answer(true.status, respelled(json.loads(json.dumps(true.body))), true.headers)


def lag(scene: Scene) -> Answer:
    return scene.do(hidden_seconds=scene["seconds"])


def lie_search(scene: Scene) -> Answer:
    page = scene.do().body
    return Answer(200, page | {"Entities": [], "Count": 0, "TotalCount": 0})


def duplicate(scene: Scene) -> Answer:
    return scene.do()


def kill(scene: Scene) -> NoReturn:
    if scene["when"] == "after":
        scene.do()
    # Gunicorn's arbiter first, or it would start another worker. Not the group: it may be a stranger's.
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    raise AssertionError("outlived SIGKILL")


def kill_client(scene: Scene) -> NoReturn:
    """The process that asks, and all of its group."""
    if scene["at"] in ("done", "half answered"):
        answer = scene.do()
        if scene["at"] == "half answered":
            body = wire.encoded(answer)
            head = scene.wire.head(answer.status, {"Content-Length": str(len(body))})
            scene.wire.write(head + body[: len(body) // 2])
    os.killpg(scene["group"], signal.SIGKILL)
    scene.wire.drop()


PLAYS: dict[str, Callable[[Scene], Answer]] = {
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
