"""The README keeps its promises: what it prints, the commands, the tree, the links."""

import ast
import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def commands(heading: str) -> list[str]:
    block = re.search(r"```sh\n(.*?)```", section(heading), re.DOTALL)
    assert block, f"no commands under {heading!r}"
    return block[1].splitlines()


def test_examples_print_what_stands_below_them_and_its_tables_are_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / ".ci/readme.py"))["written"]
    assert written(README, {}) == README, "write it anew: python .ci/readme.py"


def test_every_example_is_run() -> None:
    examples = runpy.run_path(str(ROOT / ".ci/readme.py"))["EXAMPLE"].findall(README)
    assert len(examples) == README.count("```python\n")


def test_the_first_example_is_short_and_its_two_numbers_agree() -> None:
    code, output = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", README, re.DOTALL)[0]
    assert len([line for line in code.splitlines() if line]) <= 12
    gradient, difference = map(float, output.split())
    assert gradient == pytest.approx(difference, rel=1e-8)


def test_set_up_takes_two_commands_and_the_rest_one_each() -> None:
    assert len(commands("Install")) == 2
    assert len(commands("Train a network")) == 1
    assert len(commands("Test")) == 1


def test_the_continuous_check_runs_these_commands() -> None:
    check = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for heading in ("Install", "Train a network", "Test"):
        assert f'$(readme "{heading}")' in check


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_tree_names_what_is_there_and_every_module_of_the_core() -> None:
    tree = section("The tree").split("```")[1]
    folder, named = ROOT, set()
    for line in tree.splitlines()[1:]:
        indented, name = line.startswith(" "), line.split()[0]
        folder = folder if indented else ROOT / name
        path = folder / name if indented else folder
        assert path.exists(), line
        named.add(path)
    core = {path for path in (ROOT / "autograd").glob("*.py") if path.name != "__init__.py"}
    rooms = {path.parent for path in (ROOT / "autograd").glob("*/__init__.py")}
    assert core | rooms <= named


def code_lines(path: Path) -> int:
    """Return the number of lines that are not blank, a comment or a docstring."""
    text = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    strings = [node.body[0] for node in nodes if ast.get_docstring(node)]
    inside = {i for node in strings for i in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), 1)
    return sum(
        bool(line.strip()) and line.lstrip()[0] != "#" and i not in inside for i, line in lines
    )


def test_the_core_is_as_short_as_it_says() -> None:
    promised = re.search(r"down to `(.*)`.* in about (\d+) lines of code", section("The tree"))
    assert promised
    names = re.findall(r"^  (\S+)", section("The tree"), re.MULTILINE)
    core = [ROOT / "autograd" / name for name in names[: names.index(promised[1]) + 1]]
    files = [file for path in core for file in ([path] if path.is_file() else path.glob("*.py"))]
    assert abs(sum(map(code_lines, files)) - int(promised[2])) <= 15


def test_extras_it_names_exist() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    named = re.findall(r"\.\[([a-z,]+)\]", README)
    assert named
    assert all(set(names.split(",")) <= set(extras) for names in named)
