"""Apps for tests. Each has its own; what is compiled for one is compiled for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Rule

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from tests import folders


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """Leaves no connection behind."""
    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = _TEMPLATES
    with app.app_context():
        _share_statements(db.engine)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class _Compiled(FileSystemBytecodeCache):
    """The templates: in memory for all apps of a process, and in a file for all processes, forked ones included."""

    def __init__(self, folder: Path):
        super().__init__(str(folder))
        self._code = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            super().load_bytecode(bucket)
            self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        self._keep(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_TEMPLATES = _Compiled(folders.of_the_run("templates"))


def _compile_once(compile_rule):
    """The routes: what a rule is compiled to depends on the rule alone, and is nine tenths of making an app."""
    known = {}

    def compiled(rule: Rule) -> None:
        text = (rule.rule, repr(rule.defaults), rule.subdomain, rule.merge_slashes)
        if text not in known:
            compile_rule(rule)
            known[text] = rule
        same = known[text]
        for name in ("_parts", "_trace", "_converters", "arguments"):
            setattr(rule, name, getattr(same, name))
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(same, name).__func__.__get__(rule))

    return compiled


Rule.compile = _compile_once(Rule.compile)

_STATEMENTS: dict[str, tuple[Dialect, dict]] = {}


def _share_statements(engine: Engine) -> None:
    """As in a process that has run for a while, a statement is known already. Known is what one dialect compiled."""
    dialect, known = _STATEMENTS.setdefault(engine.name, (engine.dialect, {}))
    engine.dialect = dialect
    engine.update_execution_options(compiled_cache=known)
