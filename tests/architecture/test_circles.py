"""No module needs itself, not even by a detour. An import counts wherever it stands: in a function, for types only."""

from graphlib import CycleError, TopologicalSorter

from tests.architecture.source import modules


def test_no_modules_import_each_other_in_a_circle():
    try:
        TopologicalSorter(_imports_by_module()).prepare()
    except CycleError as error:
        circle = " imports ".join(reversed(error.args[1]))
        raise AssertionError(f"{circle}: move what both need below them") from None


def _imports_by_module() -> dict[str, set[str]]:
    names = {module.name for module in modules()}
    return {
        module.name: {_module_of(name, names) for _, name in module.imports()} - {None, module.name}
        for module in modules()
    }


def _module_of(dotted: str, names: set[str]) -> str | None:
    """`portal.models.asset` for portal.models.asset.Asset; None for what is not the portal's."""
    while dotted and dotted not in names:
        dotted = dotted.rpartition(".")[0]
    return dotted or None
