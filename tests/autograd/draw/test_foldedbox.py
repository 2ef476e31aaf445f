"""The inside of a folded box."""

import math

from autograd.draw.boxes import Box, Extent, Row, extent
from autograd.draw.colours import ALARM, NEUTRAL
from autograd.draw.foldedbox import extent_text, folded_fill, folded_table
from autograd.draw.look import Look


def box(data: Extent, gradient: Extent | None, label: str = "layer", note: str = "") -> Box:
    return Box("n0", "folded", label=label, note=note, rows=(Row("4 outputs", data, gradient),))


UNIT = Extent(-1.0, 1.0)


def test_a_range_of_one_number_is_that_number() -> None:
    assert extent_text(extent([2.0, 2.0]), ".4g") == "2"
    assert extent_text(extent([-0.0, 0.0]), ".4g") == "0"
    assert extent_text(extent([1.0, 2.5]), ".2f") == "1.00 … 2.50"


def test_what_is_not_finite_is_counted_and_stands_out() -> None:
    found = extent([math.nan, 1.0, -math.inf])
    assert found == Extent(1.0, 1.0, 2)
    assert extent([math.nan]).odd == 1
    assert "1, 2 not finite</B>" in folded_table(box(found, UNIT), Look())
    for bad in (box(found, UNIT), box(UNIT, found)):
        assert folded_fill(bad, 1.0)["fillcolor"] == ALARM


def test_the_colours_are_those_of_the_ends() -> None:
    assert folded_fill(box(UNIT, UNIT), 1.0) == {"fillcolor": "#6baee6;0.5:#ffa74d"}
    assert folded_fill(box(UNIT, Extent(1.0, 1.0)), 1.0) == {"fillcolor": "#ffa74d"}
    assert folded_fill(box(UNIT, None), 1.0) == {"fillcolor": NEUTRAL}


def test_any_text_is_written_as_text() -> None:
    table = folded_table(box(UNIT, UNIT, label="<b>\\N", note='"]; evil'), Look())
    assert "<b>" not in table
    assert "&lt;b&gt;&#92;&#92;N" in table
    assert "&quot;&#93;; evil" in table


def test_only_what_is_shown() -> None:
    assert ">grad<" not in folded_table(box(UNIT, UNIT), Look(show=("data",)))
    assert "outputs" not in folded_table(box(UNIT, UNIT), Look(show=("label",)))
