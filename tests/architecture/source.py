"""The project's own source, parsed: what the tests beside this file read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "portal"
TEMPLATES = ROOT / "templates"


@dataclass(frozen=True)
class Module:
    path: Path

    @cached_property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def place(self) -> str:
        """`services` for portal/core/access.py, `config` for portal/config.py, `portal` for the package itself."""
        return place_of(self.name)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything imported, wherever in the file it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{self._origin(node)}.{alias.name}") for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module
        package = self.name.split(".") if self.path.stem == "__init__" else self.name.split(".")[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *filter(None, [node.module])])

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


def place_of(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@cache
def modules(folder: Path = PACKAGE) -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted(folder.rglob("*.py")))


@cache
def templates() -> tuple[Path, ...]:
    return tuple(sorted(path for path in TEMPLATES.rglob("*") if path.is_file()))


def chain(node: ast.AST) -> str:
    """`db.session.add` for the expression of that shape; empty for others."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed([*names, node.id])) if isinstance(node, ast.Name) else ""


def report(rule: str, faults: list[str]) -> str:
    return "\n  ".join([rule, *faults])
