"""Writes the parts of README.md that are made from the code: outputs of examples, table, pictures.

    python .ci/readme.py

A test compares `written(README)` with the README, so what stands there is always true.
"""

import contextlib
import io
import json
import re
from pathlib import Path

import autograd
from autograd.rules import MANY, TABLE, Rule

ROOT = Path(__file__).parents[1]
OPERATORS = {"add", "sub", "mul", "div", "mod", "pow", "neg"}
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PART = re.compile(r"(<!-- (\w+): made .*? -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def derivatives() -> str:
    """Return the table of derivatives in Markdown."""
    known = {*dir(autograd), *OPERATORS}
    lines = ["| operation | value z | derivative in x | in y |", "|---|---|---|---|"]
    lines += [_line(row) for row in TABLE.values() if row.name in known]
    lines += ["", "| of many operands xs | value z | derivatives |", "|---|---|---|"]
    lines += [
        f"| {name} | `{value}` | `{slopes}` |"
        for name, (value, slopes) in MANY.items()
        if hasattr(autograd, name)
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(row: Rule) -> str:
    name = row.name if row.sign == row.name else f"{row.name} `{row.sign}`"
    parameters = "".join(f", {p} = {value:g}" for p, value in row.parameters.items())
    slopes = [f"`{text}`" for text in row.derivatives]
    cells = [name + parameters, f"`{row.value}`", *slopes, ""]
    return f"| {' | '.join(cells[:4])} |"


def lessons() -> str:
    """Return a list of the notebooks with their titles."""
    lines = []
    for path in sorted(
        (ROOT / "notebooks").glob("*.ipynb"), key=lambda p: int(p.stem.split("_")[0])
    ):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        lines.append(f"- [{first.splitlines()[0].lstrip('# ')}](notebooks/{path.name})\n")
    return "".join(lines)


def run_examples(readme: str, space: dict[str, object]) -> list[str]:
    """Return what the examples print, one after the other in one name space."""
    outputs = []
    for code, _ in EXAMPLE.findall(readme):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, "README.md", "exec"), space)  # noqa: S102 - our own examples
        outputs.append(output.getvalue())
    return outputs


def written(readme: str, space: dict[str, object]) -> str:
    """Return the README with the parts that are made put in anew."""
    made = {"derivatives": derivatives, "lessons": lessons}
    readme = PART.sub(lambda part: part[1] + made[part[2]]() + part[3], readme)
    outputs = iter(run_examples(readme, space))
    return EXAMPLE.sub(lambda pair: f"```python\n{pair[1]}```\n```text\n{next(outputs)}```", readme)


def main() -> None:
    """Write README.md and the pictures of two of its examples."""
    space: dict[str, object] = {}
    file = ROOT / "README.md"
    file.write_text(written(file.read_text(encoding="utf-8"), space), encoding="utf-8")
    for name, picture in (("z", "readme"), ("large", "folded")):
        root = space[name]
        autograd.to_svg(root, ROOT / f"notebooks/images/{picture}.svg")  # type: ignore[arg-type] # a Value


if __name__ == "__main__":
    main()
