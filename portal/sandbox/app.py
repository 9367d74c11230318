"""The sandbox as a WSGI application. Plain Werkzeug, because a framework would answer some calls itself."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from . import control
from .errors import Problem
from .faults.catalog import CONNECT, EFFECTS
from .faults.injection import FaultyCall, inject
from .faults.raw_connection import Dropped, RawConnection
from .messages import Answer, Call
from .operations import NOT_ON_BLIND, OPERATIONS, reference_of, require_ticket
from .state import Sandbox
from .storage.coupons import Effects


class SandboxApp:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request_id = request.headers.get("X-Request-Id") or str(uuid4())
        answer = self._answer_or_problem(request, request_id)
        headers = answer.headers | {"X-Request-Id": request_id, "Cache-Control": "no-store"}
        response = Response(json.dumps(answer.body), answer.status, headers, content_type="application/json")
        return response(environ, start_response)

    def kills_at_accept(self) -> bool:
        """Kills the client's process group if a fault says so. Called when a connection is accepted, before reading."""
        sandbox = self.sandbox
        if not sandbox.settings.kills_clients or not (fault := sandbox.faults.take(CONNECT, None, "")):
            return False
        os.killpg(fault["details"]["group"], signal.SIGKILL)
        return True

    def _answer_or_problem(self, request: Request, request_id: str) -> Answer:
        try:
            return self._answer(request, request_id)
        except Problem as problem:
            return Answer(problem.status, problem.document(request_id), problem.headers)
        except OSError:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            problem = Problem("InternalError", "The sandbox has a defect; see its output.")
            return Answer(500, problem.document(request_id))

    def _answer(self, request: Request, request_id: str) -> Answer:
        sandbox = self.sandbox
        if request.path.startswith("/sandbox/"):
            return control.answer(sandbox, request, request_id)
        ended = sandbox.ended
        operation, path_values = sandbox.contract.find(request.method, request.path)
        if operation.secured:
            require_ticket(sandbox, request.headers.get("Authorization", ""))
        if operation.id != "health":
            sandbox.rate_limit.count(sandbox.settings.rate)
            sandbox.wait(ended, sandbox.settings.delay_ms / 1000)
        if sandbox.settings.kind == "blind" and operation.id in NOT_ON_BLIND:
            raise Problem("NotSupported", "This server cannot be searched.")
        call = Call(operation.id, request_id, operation.read(request, path_values))
        return self._carry_out(call, ended, RawConnection(request.environ, request_id))

    def _carry_out(self, call: Call, ended: Event, connection: RawConnection) -> Answer:
        sandbox = self.sandbox
        fault = sandbox.faults.take(call.operation, reference_of(sandbox, call), call.request_id)
        details = fault["details"] if fault else {}
        effects = {name: details[name] for name in EFFECTS if name in details}

        def execute(**more: Any) -> Answer:
            with sandbox.store.lock:
                if ended.is_set():
                    raise Dropped
                return OPERATIONS[call.operation](sandbox, call, Effects(**effects | more))

        if fault is None:
            return execute()
        wait = partial(sandbox.wait, ended)
        return inject(FaultyCall(fault["fault"], details, execute, wait, sandbox.coupons.another, connection))
