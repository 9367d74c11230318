"""Checks requests against the contract, and refuses those that do not follow it with the contract's error document."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug import Request

from . import times
from .errors import Problem

FILE = Path(__file__).with_name("bittitan.yaml")
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
BODY_LIMIT = 1024 * 1024
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
INTEGER = re.compile(r"-?[0-9]{1,400}")

formats = FormatChecker(formats=())
formats.checks("uuid")(lambda value: not isinstance(value, str) or bool(UUID.fullmatch(value)))
formats.checks("email")(lambda value: not isinstance(value, str) or bool(EMAIL.fullmatch(value)))
formats.checks("date-time", raises=ValueError)(lambda value: not isinstance(value, str) or times.parse(value))


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: re.Pattern[str]
    secured: bool
    parameters: dict[str, dict[str, dict]]
    body: Draft202012Validator | None

    def read(self, request: Request, path_values: dict[str, str]) -> dict[str, Any]:
        values = self._parameters("path", path_values)
        values |= self._parameters("query", _query(request))
        headers = {name: request.headers[name] for name in self.parameters["header"] if name in request.headers}
        values |= self._parameters("header", headers)
        if self.body:
            values["body"] = self._checked(self.body, read_json(request))
        return values

    def _parameters(self, place: str, given: dict[str, str]) -> dict[str, Any]:
        known = self.parameters[place]
        wrong = {name: "There is no such parameter." for name in given.keys() - known.keys()}
        values = {}
        for name, parameter in known.items():
            if name in given:
                values[name] = _typed(given[name], parameter["schema"])
                if _errors(parameter["check"], values[name]):
                    wrong[name] = "This value is not valid."
            elif parameter.get("required"):
                wrong[name] = "This parameter is required."
            elif "default" in parameter["schema"]:
                values[name] = parameter["schema"]["default"]
        if wrong:
            raise Problem("InvalidRequest", f"The {place} parameters are not valid.", fields=wrong)
        return values

    def _checked(self, check: Draft202012Validator, body: Any) -> Any:
        if errors := _errors(check, body):
            fields = {"/".join(map(str, error.path)) or "body": error.message[:200] for error in errors}
            raise Problem("InvalidRequest", "The body does not follow the contract.", fields=fields)
        return body


class Contract:
    def __init__(self) -> None:
        document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        self.schemas = _inlined(document["components"]["schemas"], document)
        paths = _inlined(document["paths"], document)
        # Paths without a placeholder come first, because a placeholder would match them too.
        self.operations = [
            _operation(path, method, paths[path][method])
            for path in sorted(paths, key=lambda path: path.count("{"))
            for method in paths[path]
            if method in METHODS
        ]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        pattern = next((operation.path for operation in self.operations if operation.path.fullmatch(path)), None)
        if pattern is None:
            raise Problem("NotFound", "There is nothing at this address.")
        at_path = [operation for operation in self.operations if operation.path == pattern]
        for operation in at_path:
            if operation.method == method:
                return operation, pattern.fullmatch(path).groupdict()
        allow = ", ".join(operation.method for operation in at_path)
        raise Problem("MethodNotAllowed", "This method is not allowed here.", headers={"Allow": allow})

    def check(self, schema: str) -> Draft202012Validator:
        return _validator(self.schemas[schema])


def read_json(request: Request, limit: int = BODY_LIMIT) -> Any:
    if request.mimetype != "application/json":
        raise Problem("InvalidRequest", "The body must be application/json.", status=415)
    if (request.content_length or 0) > limit:
        raise Problem("InvalidRequest", "The body is too large.", status=413)
    raw = request.environ["wsgi.input"].read(limit + 1)
    if len(raw) > limit:
        raise Problem("InvalidRequest", "The body is too large.", status=413)
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Problem("InvalidRequest", "The body is not valid JSON.") from None
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _operation(path: str, method: str, described: dict) -> Operation:
    parameters: dict[str, dict[str, dict]] = {"path": {}, "query": {}, "header": {}}
    for parameter in described.get("parameters", []):
        parameters[parameter["in"]][parameter["name"]] = parameter | {"check": _validator(parameter["schema"])}
    body = described.get("requestBody")
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)),
        secured=described.get("security") != [],
        parameters=parameters,
        body=_validator(body["content"]["application/json"]["schema"]) if body else None,
    )


def _inlined(node: Any, document: dict) -> Any:
    if isinstance(node, list):
        return [_inlined(each, document) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _inlined(target, document)
    inlined = {key: _inlined(value, document) for key, value in node.items()}
    if isinstance(inlined.get("pattern"), str):
        # Python's $ also matches before a final newline; JSON Schema's does not.
        inlined["pattern"] = re.sub(r"\$$", r"\\Z", inlined["pattern"])
    return inlined


def _validator(schema: dict) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=formats)


def _errors(check: Draft202012Validator, value: Any) -> list:
    return list(check.iter_errors(value))


def _typed(value: str, schema: dict) -> Any:
    return int(value) if schema.get("type") == "integer" and INTEGER.fullmatch(value) else value


def _query(request: Request) -> dict[str, str]:
    try:
        pairs = parse_qsl(request.query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Problem("InvalidRequest", "The query string is not valid.") from None
    if len(pairs) != len(dict(pairs)):
        raise Problem("InvalidRequest", "A query parameter is given more than once.")
    return dict(pairs)
