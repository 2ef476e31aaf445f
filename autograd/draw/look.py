"""The choices of somebody who draws: direction, format of numbers, what to show."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.draw.text import checked_format

__all__ = ["DIRECTIONS", "SHOWN", "Look"]

SHOWN = ("label", "data", "grad", "derivative")
DIRECTIONS = ("LR", "TB", "RL", "BT")


@dataclass(frozen=True)
class Look:
    """The choices: direction, format of numbers, what to show. Raises ValueError for others."""

    rankdir: str = "LR"
    number_format: str = ".4g"
    show: tuple[str, ...] = SHOWN

    def __post_init__(self) -> None:
        if self.rankdir not in DIRECTIONS:
            raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {self.rankdir!r}")
        checked_format(self.number_format)
        for what in self.show:
            if what not in SHOWN:
                raise ValueError(f"show names some of {', '.join(SHOWN)}, not {what!r}")
