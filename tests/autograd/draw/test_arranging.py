"""Any graph can be arranged, not only one of Values."""

from typing import Any

from autograd.draw.arranging import Subject, arranged
from autograd.draw.boxes import Box

PARENTS: dict[str, list[str]] = {
    "hat": ["band", "felt", "felt"], "band": ["silk"], "felt": [], "silk": [],
}  # fmt: skip


def uses(thing: str, name: str) -> dict[Any, list[float]]:
    found: dict[Any, list[float]] = {Box(f"{name}k", "number", data=2.0): []}
    for parent in PARENTS[thing]:
        found.setdefault(parent, []).append(1.0)
    return found


SUBJECT = Subject(
    ["hat"], PARENTS.__getitem__, lambda thing, name: Box(name, "inner", label=thing), uses
)


def test_things_and_numbers_become_boxes_and_uses_arrows() -> None:
    drawn = arranged(SUBJECT, 10)
    assert drawn.names == {"hat": "n0", "band": "n1", "felt": "n2", "silk": "n3"}
    assert [box.label for box in drawn.boxes if box.label] == ["silk", "band", "felt", "hat"]
    assert [(arrow.tail, arrow.head) for arrow in drawn.arrows if "k" not in arrow.tail] == [
        ("n3", "n1"), ("n1", "n0"), ("n2", "n0"), ("n2", "n0"),
    ]  # fmt: skip
    assert sum(box.kind == "number" for box in drawn.boxes) == 4


def test_what_is_far_from_the_output_is_left_out_and_counted() -> None:
    drawn = arranged(SUBJECT, 2)
    assert (drawn.drawn, drawn.total, drawn.left_out) == (2, 4, 2)
    assert [box.label for box in drawn.boxes if box.kind == "rest"] == ["… 1 more", "… 2 more"]
