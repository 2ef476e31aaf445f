"""What the programs of all batches share: helpers, each compiled once in a process when first used.

`Helpers` gives their symbols to the text of a program, and remembers which it needs.
"""

from __future__ import annotations

from autograd.compile.llvm import rounds, transpose

__all__ = ["Helpers", "helper", "known"]

_PARAMETERS = {
    "gather": "ptr, ptr, i64, i64, i64",
    "gather_one": "ptr, ptr, i64, i64, i64",
    "scatter": "ptr, ptr, i64, i64, i64",
    "scatter_one": "ptr, ptr, i64, i64, i64",
    "collect": "ptr, ptr, i64, double",
    "shift": "ptr, ptr, i64, double",
    "rounds": "ptr, ptr, ptr, ptr, ptr, ptr, i64, i64",
}


class Helpers:
    """The helpers that a program calls, for vectors of a width."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._used: dict[str, None] = {}

    def __getitem__(self, name: str) -> str:
        """Return the symbol of a helper."""
        self._used[name] = None
        return f"@{known(name, self.width)}"

    def declarations(self) -> list[str]:
        """Return the declarations of all that were asked for."""
        return [f"declare void {self[name]}({_PARAMETERS[name]})" for name in self._used]

    def used(self) -> tuple[tuple[str, int], ...]:
        """Return the names and widths of all that were asked for."""
        return tuple((name, self.width) for name in self._used)


def known(name: str, width: int) -> str:
    """Return the name of a helper in the process."""
    return f"autograd_{name}_{width}"


def helper(name: str, width: int) -> str:
    """Return the text of a helper for vectors of a width."""
    symbol = known(name, width)
    if name == "rounds":
        return rounds.text(symbol, width)
    return transpose.text(name, symbol, width)
