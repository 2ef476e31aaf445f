"""An entry of a C file: arguments in, results out, and static arrays in between.

`Entry` says what to write and `Function` writes it: operations on many operands read arrays, into
which the values they need are computed at once; a long program is cut into several functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from autograd.compile.c.body import Body, Helpers, block, unused
from autograd.compile.c.library import literal, table
from autograd.compile.programs.program import Program
from autograd.rules import MANY

__all__ = ["Entry", "Function"]

CHUNK = 2000  # instructions in a function
_ABOUT_BRANCHES = """\
/* Returns 0, or the number of the branch that these numbers would take another way than those it
   was recorded with: then the results mean nothing. */
"""


@dataclass
class Entry:
    """A function to be written: its name, its program, and the numbers of the leaves it reads.

    Args:
        name: of the function in C.
        program: with a row of the table in each instruction.
        leaves: a number for each input of the program that is no argument.
        outputs: names of the results and how many numbers each has; by default all in `result`.
    """

    name: str
    program: Program
    leaves: Sequence[float] = ()
    outputs: Sequence[tuple[str, int]] = ()


class Function(Body):
    """Writes an entry: arguments in, results out, arrays for operations on many operands."""

    def __init__(self, entry: Entry, helpers: Helpers) -> None:
        super().__init__(entry.program, helpers)
        self.name = helpers.names.fresh(entry.name)
        self.statics: list[str] = []  # what stands outside of the function
        self.parameters: list[str] = []
        self.arrays: dict[tuple[int, ...], str] = {}  # operands -> where they stand side by side
        self.unfilled: set[tuple[int, ...]] = set()
        self.homes: dict[int, str] = {}  # register -> where another function finds it
        self.softmaxes: dict[tuple[int, ...], str] = {}
        self.leaves: dict[int, float] = {}  # input -> its number
        self._name_inputs(iter(entry.leaves))
        self.results = self._name_results(entry.outputs or [("result", len(self.program.outputs))])
        computed = [k for k, x in enumerate(self.program.code) if x.op not in ("input", "constant")]
        self.pieces = [computed[i : i + CHUNK] for i in range(0, len(computed), CHUNK)] or [[]]
        self._give_homes()

    def _name_inputs(self, leaves: Iterator[float]) -> None:
        """Give every argument a parameter; v_0, v_1, v_2 become an array `v`."""
        arguments = []
        self.inputs = [""] * len(self.program.inputs)
        for i, (name, argument) in enumerate(self.program.inputs):
            if argument is None:
                self.leaves[i] = next(leaves)
            else:
                arguments.append((i, name))
        for base, group in groupby(arguments, lambda x: re.sub(r"(_\d+)+$", "", x[1])):
            members = list(group)
            is_array, name = members[0][1] != base, self.names.fresh(base)
            size = f"[{len(members)}]" if is_array else ""
            self.parameters.append(f"const {self.real} {name}{size}")
            for j, (i, _) in enumerate(members):
                self.inputs[i] = f"{name}[{j}]" if is_array else name

    def _name_results(self, outputs: Sequence[tuple[str, int]]) -> list[str]:
        """Return the place of each result."""
        if len(self.program.outputs) == 1 and not self.program.guards:
            return []
        places = []
        for wanted, size in outputs:
            name = self.names.fresh(wanted)
            self.parameters.append(f"{self.real} {name}[{size}]")
            places += [f"{name}[{i}]" for i in range(size)]
        return places

    def plain(self, k: int) -> str:
        """Return the text of a register; a leaf is a constant."""
        op, _, extra = self.program.code[k]
        if op == "input" and extra in self.leaves and not self.inputs[extra]:
            self.inputs[extra] = self._constant_named(self.program.inputs[extra].name, extra)
        return super().plain(k)

    def _constant_named(self, label: str, leaf: int) -> str:
        """Return a leaf as a constant, which has a name if it has a label."""
        number = literal(self.leaves[leaf], self.real)
        if re.fullmatch(r"leaf_\d+", label):
            return number
        name = self.helpers.names.fresh(label)
        self.statics.append(f"static const {self.real} {name} = {number};")
        return name

    def _groups(self, op: str, args: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the operands of an operation on many as it takes them: two halves for dot."""
        half = len(args) // 2
        return [args[:half], args[half:]] if op == "dot" else [args]

    def _give_homes(self) -> None:
        """Let results that stand in an array, or are read in another piece, go there at once."""
        for op, args, _ in self.program.code:
            if op in MANY:
                for group in self._groups(op, args):
                    self._place(group)
        piece_of = {k: i for i, piece in enumerate(self.pieces) for k in piece}
        at_home = {k for k, x in enumerate(self.program.code) if x.op == "softmax"} | set(
            self.homes
        )
        reads = [(x, i) for k, i in piece_of.items() for x in self.program.code[k].args]
        crossing = dict.fromkeys(x for x, i in reads if piece_of.get(x, i) < i and x not in at_home)
        if crossing:
            name = self.helpers.names.fresh("kept")
            self.statics.append(f"static {self.real} {name}[{len(crossing)}];")
            self.homes.update({x: f"{name}[{i}]" for i, x in enumerate(crossing)})

    def _place(self, group: tuple[int, ...]) -> None:
        """Find where some registers stand side by side, or make an array for them."""
        if group not in self.arrays:
            found = self._constants(group) or self._arguments(group)
            self.arrays[group] = found or self._array(group)

    def _array(self, group: tuple[int, ...]) -> str:
        name = self.helpers.names.fresh("values")
        self.statics.append(f"static {self.real} {name}[{max(1, len(group))}];")
        self.unfilled.add(group)
        for i, k in enumerate(group):
            if self.program.code[k].op not in ("input", "constant", "softmax"):
                self.homes.setdefault(k, f"{name}[{i}]")
        return name

    def _constants(self, group: tuple[int, ...]) -> str | None:
        """Return an array of constants, if all registers are constants or leaves."""
        numbers = []
        for k in group:
            op, _, extra = self.program.code[k]
            number = self.leaves.get(extra) if op == "input" else self.program.constant(k)
            if number is None:
                return None
            numbers.append(number)
        name = self.helpers.names.fresh("numbers")
        self.statics.append(table(name, numbers or [0.0], self.real))
        return name

    def _arguments(self, group: tuple[int, ...]) -> str | None:
        """Return the part of an argument where some registers stand side by side."""
        if any(self.program.code[k].op != "input" for k in group):
            return None
        names = [self.inputs[self.program.code[k].extra] for k in group]
        base, bracket, start = names[0].partition("[")
        first = int(start.rstrip("]")) if bracket else 0
        if names != [f"{base}[{first + i}]" for i in range(len(names))]:
            return None
        return f"{base} + {first}" if first else base

    def stored(self, k: int, text: str) -> list[str]:
        """Return the statement that keeps a result, in its place in an array if it has one."""
        if k not in self.homes:
            return super().stored(k, text)
        self.texts[k] = self.homes[k]
        return [f"{self.homes[k]} = {text};"]

    def statements(self, k: int) -> list[str]:
        """Return the statements for an instruction; those on many operands read arrays."""
        op, args, extra = self.program.code[k]
        if op not in MANY:
            return super().statements(k)
        groups = self._groups(op, args)
        lines = [line for group in groups for line in self._filled(group)]
        arrays = f"{len(groups[0])}, {', '.join(self.arrays[group] for group in groups)}"
        if op != "softmax":
            return [*lines, *self.stored(k, f"{self.helpers.routine(op)}({arrays})")]
        if args not in self.softmaxes:
            name = self.softmaxes[args] = self.helpers.names.fresh("softmax_of")
            self.statics.append(f"static {self.real} {name}[{len(args)}];")
            lines.append(f"{self.helpers.routine(op)}({arrays}, {name});")
        self.texts[k] = f"{self.softmaxes[args]}[{extra}]"
        return lines

    def _filled(self, group: tuple[int, ...]) -> list[str]:
        """Return the statements that copy into an array what was not computed there."""
        if group not in self.unfilled:
            return []
        self.unfilled.remove(group)
        name = self.arrays[group]
        places = [(f"{name}[{i}]", self.plain(k)) for i, k in enumerate(group)]
        return [f"{place} = {text};" for place, text in places if place != text]

    def text(self) -> str:
        """Return the function, and the functions and arrays it is made of."""
        bodies = [self._piece(piece) for piece in self.pieces]
        given = ", ".join(self.parameters) or "void"
        names = [re.findall(r"\w+", parameter.split("[")[0])[-1] for parameter in self.parameters]
        kind = "int" if self.program.guards else "void" if self.results else self.real
        titles = [f"{self._comment()}{kind} {self.name}"]
        if len(bodies) > 1:
            kinds = ["void" if kind == self.real else kind] * (len(bodies) - 1) + [kind]
            parts = [f"static {x} {self.name}_part_{i}" for i, x in enumerate(kinds, start=1)]
            titles, bodies = [*parts, *titles], [*bodies, self._calls(kind, names)]
        functions = [
            f"{title}({given})\n{block([*unused(names, body), *body])}"
            for title, body in zip(titles, bodies, strict=True)
        ]
        heads = [f"{kind} {self.name}({given});", *self.statics]
        return "\n\n".join(["\n".join(heads), *functions])

    def _calls(self, kind: str, names: Sequence[str]) -> list[str]:
        """Return the statements that call all pieces."""
        given = ", ".join(names)
        calls = [f"{self.name}_part_{i}({given})" for i in range(1, len(self.pieces) + 1)]
        if kind != "int":
            last = f"return {calls[-1]};" if kind == self.real else f"{calls[-1]};"
            return [*(f"{call};" for call in calls[:-1]), last]
        checks = [f"if (failed == 0) failed = {call};" for call in calls]
        return ["int failed = 0;", *checks, "return failed;"]

    def _piece(self, piece: Sequence[int]) -> list[str]:
        """Return the statements of a piece, with the guards and results that it computes."""
        lines, own = self.lines(piece), set(piece)
        rest = piece is self.pieces[-1]
        for i, (register, expected, line) in enumerate(self.program.guards, start=1):
            if register in own or (rest and self._is_given(register)):
                wrong = f"!{self.operand(register)}" if expected else self.plain(register)
                lines += [f"if ({wrong}) /* {_shown(line)} */", f"    return {i};"]
        for place, register in zip(self.results, self.program.outputs, strict=False):
            if register in own or (rest and self._is_given(register)):
                lines.append(f"{place} = {self.plain(register)};")
        if self.program.guards:
            lines.append("return 0;")
        elif rest and not self.results:
            lines.append(f"return {self.plain(self.program.outputs[0])};")
        return lines

    def _is_given(self, register: int) -> bool:
        return self.program.code[register].op in ("input", "constant", "truth")

    def _comment(self) -> str:
        if not self.program.guards:
            return ""
        return _ABOUT_BRANCHES


def _shown(line: str) -> str:
    """Return the line of a guard without its folder, for a comment."""
    return re.sub(r"^[^:]*[/\\\\]", "", line).replace("*/", "* /")
