"""Imports point one way: the core knows nothing of its rooms, and nothing knows of `nn`."""

import ast
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).parents[1]
READING_ORDER = [  # as modules are imported; graph, and derivatives beside functions, need less
    "rules", "binding.translation", "binding.methods", "graph", "backward", "value", "functions",
    "derivatives",
]  # fmt: skip
BESIDE = ["numbers", "watch", "higher", "protocols", "dots", "trees"]  # rooms that the core uses
ROOMS = ["forward", "own", "anomaly", "check", "draw", "compile"]  # rooms that use the core


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_of(path): path for folder in ("autograd", "nn") for path in (ROOT / folder).rglob("*.py")
}


def imported(path: Path) -> set[str]:
    """Return the project's modules that a module imports when it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & set(MODULES)) or {node.module}
    return (found & set(MODULES)) - {module_of(path)}


IMPORTS = {name: imported(path) for name, path in MODULES.items()}
INSIDE = {name: found - {name.split(".")[0]} for name, found in IMPORTS.items()}


def reached(name: str) -> set[str]:
    """Return the modules that are imported with a module, directly or not."""
    found, new = set(), {name}
    while new:
        found |= new
        new = {other for each in new for other in INSIDE[each]} - found
    return found - {name}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "autograd" and len(parts) > 1 and parts[1] in ROOMS else parts[0]


def test_there_is_no_circle() -> None:
    modules = {name: found for name, found in INSIDE.items() if MODULES[name].stem != "__init__"}
    assert len(list(TopologicalSorter(modules).static_order())) >= len(modules)


def test_the_core_is_read_in_one_order() -> None:
    for earlier, later in combinations(READING_ORDER, 2):
        assert f"autograd.{later}" not in reached(f"autograd.{earlier}")
    needed = {f"autograd.{name}" for name in READING_ORDER}
    assert needed - reached("autograd.functions") == {"autograd.functions", "autograd.derivatives"}
    assert needed - reached("autograd.derivatives") == needed - reached("autograd.functions")


def test_every_module_belongs_to_the_core_or_to_a_room() -> None:
    of_the_core = {f"autograd.{name}" for name in (*READING_ORDER, "binding")}
    others = {name for name in MODULES if name.startswith("autograd.")} - of_the_core
    assert {name.split(".")[1] for name in others} == {*BESIDE, *ROOMS}


def test_the_core_knows_no_room_and_no_room_knows_nn() -> None:
    for name, found in INSIDE.items():
        rooms = {room(other) for other in found}
        if room(name) == "autograd" and name != "autograd":  # which shows all that is public
            assert rooms <= {"autograd"}, name
        elif room(name) in ROOMS:
            assert "nn" not in rooms, name


def test_every_public_name_is_there_and_listed_in_order() -> None:
    import autograd
    import nn

    for package in (autograd, nn):
        names = package.__all__
        assert all(hasattr(package, name) for name in names)
        assert len(set(names)) == len(names)


def test_a_star_import_hides_nothing_of_python() -> None:
    import builtins

    import autograd

    assert not set(autograd.__all__) & set(dir(builtins))
    assert all(callable(getattr(autograd, name)) for name in ("abs", "compile", "round", "sum"))
