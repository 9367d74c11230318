"""JSON by lot, as the contract's schemas allow it: written in every way in which a server may write it."""

import json
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.settings import ROOT

CONTRACT = yaml.safe_load((ROOT / "portal" / "sandbox" / "bittitan.yaml").read_text())
Schema = dict[str, Any]
_LARGE = 10**40
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_CODES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x24F, categories=["L", "N", "P"]), min_size=1)
_INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def schema(name: str) -> Schema:
    return CONTRACT["components"]["schemas"][name]


def answer_of(path: str, method: str, status: str) -> Schema:
    return CONTRACT["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]


@st.composite
def documents(draw, of: Schema, given: dict[str, Any] | None = None, raw: dict[str, str] | None = None) -> str:
    """`given`: what members of the outermost object mean; how they are written is drawn. `raw`: as they stand."""
    if "$ref" in of:
        of = schema(of["$ref"].rpartition("/")[2])
    if "anyOf" in of:
        return draw(st.one_of(*map(documents, of["anyOf"])))
    kind = of.get("type")
    if isinstance(kind, list):
        kind = draw(st.sampled_from(kind))
    if kind == "object":
        return draw(_objects(of, given or {}, raw or {}))
    if kind == "array":
        items = draw(st.lists(documents(of["items"]), min_size=of.get("minItems", 0), max_size=of.get("maxItems", 3)))
        return f"[{_space(draw)}{','.join(items)}]"
    return draw(_plain(of, kind))


def _plain(of: Schema, kind: str) -> st.SearchStrategy[str]:
    match kind:
        case "integer":
            return st.integers(of.get("minimum", -_LARGE), _LARGE).flatmap(integers)
        case "boolean":
            return st.sampled_from(["true", "false"])
        case "null":
            return st.just("null")
    return strings(of)


@st.composite
def _objects(draw, of: Schema, given: dict[str, Any], raw: dict[str, str]) -> str:
    members = of["properties"]
    optional = [name for name in members if name not in of.get("required", ())]
    names = [*of.get("required", ()), *(name for name in optional if draw(st.booleans()) or name in given)]
    parts = [(name, draw(_member(members[name], name, given))) for name in names if name not in raw]
    parts += raw.items()
    parts += draw(st.dictionaries(st.from_regex(r"\AX-[a-z]{1,5}\Z"), _anything(), max_size=2)).items()
    random.Random(draw(st.integers(0, 999))).shuffle(parts)
    return "{" + ",".join(f"{_space(draw)}{draw(quoted(name))}:{value}" for name, value in parts) + "}"


def _member(of: Schema, name: str, given: dict[str, Any]) -> st.SearchStrategy[str]:
    if name not in given:
        return documents(of)
    value = given[name]
    if isinstance(value, datetime):
        return instants(value)
    if isinstance(value, int):
        return integers(value)
    return uuids(value) if of.get("format") == "uuid" else quoted(value)


def _anything() -> st.SearchStrategy[str]:
    """What no schema speaks of."""
    odd = st.sampled_from(
        ["null", "true", "1e99999999999999999999", "-0.0", "9" * 5000, '[[{"a": [1.5]}]]', '"\\ud800"']
    )
    return st.one_of(odd, _TEXT.map(json.dumps))


def _space(draw) -> str:
    return draw(st.sampled_from(["", " ", "\r\n\t "]))


def strings(of: Schema) -> st.SearchStrategy[str]:
    match of.get("format"):
        case "uuid":
            return st.uuids().flatmap(lambda it: uuids(str(it)))
        case "date-time":
            return _INSTANTS.flatmap(instants)
    return (_CODES.map(lambda it: it[: of.get("maxLength", 99)]) if "pattern" in of else _TEXT).flatmap(quoted)


@st.composite
def quoted(draw, text: str) -> str:
    how = draw(st.sampled_from(["plain", "ascii", "escapes"]))
    if how == "escapes":
        units = text.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[at] << 8 | units[at + 1]:04X}" for at in range(0, len(units), 2)) + '"'
    return json.dumps(text, ensure_ascii=how == "ascii").replace("/", draw(st.sampled_from(["/", "\\/"])))


@st.composite
def integers(draw, number: int) -> str:
    """Each of them is this integer to JSON Schema, which knows no other kind of number."""
    zeros = "0" * draw(st.integers(1, 3))
    ways = [str(number), f"{number}.{zeros}", f"{number}e0", f"{number}.0E+0"]
    if number == 0:
        ways += ["-0", "-0.0"]
    else:
        ways.append(f"{number}{zeros}e-{len(zeros)}")
    return draw(st.sampled_from(ways))


@st.composite
def uuids(draw, text: str) -> str:
    upper = draw(st.lists(st.booleans(), min_size=36, max_size=36))
    mixed = "".join(each.upper() if up else each for each, up in zip(text, upper, strict=True))
    return draw(st.sampled_from([f'"{text}"', f'"{text.upper()}"', f'"{mixed}"']))


@st.composite
def instants(draw, at: datetime) -> str:
    """RFC 3339: in any zone, with any number of digits, in either case."""
    minutes = draw(st.integers(-23 * 60 - 59, 23 * 60 + 59))
    local = at.astimezone(timezone(timedelta(minutes=minutes)))
    sign, off = "-" if minutes < 0 else draw(st.sampled_from("+-" if not minutes else "+")), abs(minutes)
    zone = f"{sign}{off // 60:02}:{off % 60:02}"
    if not minutes:
        zone = draw(st.sampled_from(["Z", "z", zone]))
    digits = f"{local.microsecond:06}{draw(st.sampled_from(['', '0', '999', '123456789']))}"
    fraction = draw(st.sampled_from(["", "."])) if not local.microsecond else "."
    text = f"{local:%Y-%m-%d}{draw(st.sampled_from('Tt'))}{local:%H:%M:%S}{fraction and fraction + digits}{zone}"
    return f'"{text}"'
