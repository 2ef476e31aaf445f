"""Second derivatives that depend on the order: `doubt_asymmetric` finds first ones that are wrong.

Differences of a claimed gradient confirm its derivatives whatever it is the gradient of. That it
is the gradient of anything shows in its second derivatives: for x and y they are those for y and x.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.check.finding import CLEARLY
from autograd.check.report import Entry

__all__ = ["doubt_asymmetric"]


def doubt_asymmetric(entries: Sequence[Entry], paths: Sequence[str]) -> None:
    """Call second derivatives wrong that are right by themselves and differ from their mirrors.

    Args:
        entries: of the second order, one for each first derivative and each input.
        paths: of the inputs.
    """
    known = {(int(e.output[1:-1]), e.path): e for e in entries if e.output and e.verdict == "right"}
    for (row, path), entry in known.items():
        output, i = divmod(row, len(paths))
        mirror = known.get((output * len(paths) + paths.index(path), paths[i]))
        if mirror is None:
            continue
        bounds = entry.error_bound + mirror.error_bound + 2.0**-40 * abs(entry.claimed)
        off = abs(entry.estimate - mirror.estimate)
        if off > CLEARLY * bounds:
            entry.verdict, entry.margin = "wrong", off / bounds
            entry.reason = (
                f"not {mirror.estimate:.6g}, which it is in the other order: "
                f"the first derivatives are those of no function"
            )
            entry.mistake = f"a first derivative is wrong, for {path} or for {paths[i]}"
