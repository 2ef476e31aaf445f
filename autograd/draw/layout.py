"""From DOT to SVG and other formats, without asking for a system package.

`laid_out` tries the `dot` program on PATH, then Graphviz as the wheel of pygraphviz carries it, in
a child process because it would hold this one still; both have a time limit. Where neither is
there, `LayoutError` names the two ways to install one.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

__all__ = ["HINT", "LayoutError", "engines", "laid_out", "svg_of"]

SECONDS = 30.0
HINT = (
    "To lay out a picture, Graphviz is needed. Install it in one of two ways: "
    '`pip install "scalar-autograd[draw]"`, or your system\'s package `graphviz` '
    "(apt install graphviz, brew install graphviz, winget install graphviz)."
)
_CHILD = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""


class LayoutError(RuntimeError):
    """There is no layout engine, or it failed, or it took too long."""


def engines(file_format: str) -> list[list[str]]:
    """Return the commands that read DOT and write a format, the preferred one first."""
    dot = shutil.which("dot")
    found = [[dot, f"-T{file_format}"]] if dot else []
    if importlib.util.find_spec("pygraphviz") is not None and sys.executable:
        found.append([sys.executable, "-P", "-c", _CHILD, file_format])
    return found


def laid_out(dot: str, file_format: str = "svg", seconds: float | None = None) -> bytes:
    """Return a drawing of a graph.

    Args:
        dot: the graph, in the DOT language.
        file_format: "svg", "png", "pdf" or another that Graphviz writes.
        seconds: how long the layout may take; half a minute if not given.

    Raises LayoutError where there is no engine, where all fail, or where one takes too long.
    """
    problems = []
    for command in engines(file_format):
        try:
            return _run(command, dot.encode(), SECONDS if seconds is None else seconds)
        except (OSError, subprocess.CalledProcessError) as error:
            problems.append(_told(error))
    raise LayoutError("Graphviz failed: " + "; ".join(problems) if problems else HINT)


def _run(command: list[str], dot: bytes, seconds: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 # the command is ours, the graph goes in as data
            command, input=dot, capture_output=True, timeout=seconds, check=True
        )
    except subprocess.TimeoutExpired:
        raise LayoutError(f"the layout took longer than {seconds:g} s and was stopped: draw less, "
                          "with a smaller limit") from None  # fmt: skip
    return done.stdout


def _told(error: OSError | subprocess.CalledProcessError) -> str:
    """Return what a failed engine said."""
    if isinstance(error, OSError):
        return str(error)
    said = error.stderr.decode(errors="replace").strip().splitlines()
    return f"{error.cmd[0]} ended with status {error.returncode} ({' '.join(said[-2:])[:500]})"


def svg_of(dot: str, seconds: float | None = None) -> str:
    """Return a graph as an SVG element, to be put into a file or a page."""
    text = laid_out(dot, "svg", seconds).decode(errors="replace")
    if "<svg" not in text:
        raise LayoutError(f"the layout program wrote no SVG, but {text[:60]!r}")
    return text[text.index("<svg") :]
