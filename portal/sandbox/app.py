"""The sandbox as a WSGI application. Plain Werkzeug: a framework would answer some calls in its own words."""

import json
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterable
from functools import partial
from threading import Event, Lock
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from . import control, times
from .contract import Contract
from .coupons import Coupons, Effects
from .errors import Problem
from .faults import CONNECT, EFFECTS, FaultQueue
from .operations import NOT_ON_BLIND, OPERATIONS, Answer, Call, reference_of, require_ticket
from .plays import Scene, play
from .settings import SandboxSettings
from .store import Store
from .wire import Dropped, Wire


class Sandbox:
    def __init__(self, settings: SandboxSettings) -> None:
        self.started_with = self.settings = settings
        self.contract = Contract()
        self.coupon_check = self.contract.check("Coupon")
        self.store = Store(settings.path)
        self.coupons = Coupons(self.store, settings.seed)
        self.faults = FaultQueue(self.store)
        self.limit = RateLimit()
        self.ended = Event()

    @property
    def settings(self) -> SandboxSettings:
        return self._settings

    @settings.setter
    def settings(self, settings: SandboxSettings) -> None:
        self._settings = settings
        times.turn(settings.clock_offset)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request_id = request.headers.get("X-Request-Id") or str(uuid4())
        try:
            answer = self._answer(request, request_id)
        except Problem as problem:
            answer = Answer(problem.status, problem.document(request_id), problem.headers)
        except OSError:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            problem = Problem("InternalError", "The sandbox has a defect; see its output.")
            answer = Answer(500, problem.document(request_id))
        headers = answer.headers | {"X-Request-Id": request_id, "Cache-Control": "no-store"}
        response = Response(json.dumps(answer.body), answer.status, headers, content_type="application/json")
        return response(environ, start_response)

    def kills_at_accept(self) -> bool:
        """A connection stands, nothing has been read from it yet."""
        if not self.settings.kills_clients or not (fault := self.faults.take(CONNECT, None, "")):
            return False
        os.killpg(fault["details"]["group"], signal.SIGKILL)
        return True

    def reset(self) -> None:
        with self.store.lock:
            self.ended.set()
            self.ended = Event()
            self.store.reset()
            self.settings = self.started_with

    def _answer(self, request: Request, request_id: str) -> Answer:
        if request.path.startswith("/sandbox/"):
            return control.answer(self, request, request_id)
        ended = self.ended
        operation, path_values = self.contract.find(request.method, request.path)
        if operation.secured:
            require_ticket(self, request.headers.get("Authorization", ""))
        if operation.id != "health":
            self.limit.count(self.settings.rate)
            _hang(ended, self.settings.delay_ms / 1000)
        if self.settings.kind == "blind" and operation.id in NOT_ON_BLIND:
            raise Problem("NotSupported", "This server cannot be searched.")
        call = Call(operation.id, request_id, operation.read(request, path_values))
        return self._carry_out(call, ended, Wire(request.environ, request_id))

    def _carry_out(self, call: Call, ended: Event, wire: Wire) -> Answer:
        fault = self.faults.take(call.operation, reference_of(self, call), call.request_id)
        details = fault["details"] if fault else {}
        effects = {name: details[name] for name in EFFECTS if name in details}

        def do(**more: Any) -> Answer:
            with self.store.lock:
                if ended.is_set():
                    raise Dropped
                return OPERATIONS[call.operation](self, call, Effects(**effects | more))

        if fault is None:
            return do()
        hang = partial(_hang, ended)
        return play(Scene(fault["fault"], details, do, hang, self.coupons.another, wire))


class RateLimit:
    def __init__(self) -> None:
        self._lock = Lock()
        self._moments: deque[float] = deque()

    def count(self, rate: int) -> None:
        now = time.monotonic()
        with self._lock:
            while self._moments and self._moments[0] <= now - 1:
                self._moments.popleft()
            if rate and len(self._moments) >= rate:
                raise Problem("RateLimited", "Too many requests.", headers={"Retry-After": "1"})
            self._moments.append(now)


def _hang(ended: Event, seconds: float) -> None:
    if seconds and ended.wait(seconds):
        raise Dropped
