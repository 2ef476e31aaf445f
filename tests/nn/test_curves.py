import math
import xml.etree.ElementTree as ET

import pytest

from nn.curves import line_chart, ticks

SVG = "{http://www.w3.org/2000/svg}"


def lines(curves, title="Loss"):
    root = ET.fromstring(line_chart(curves, title, "epoch", "loss"))
    return [[tuple(map(float, p.split(","))) for p in line.get("points").split()]
            for line in root.iter(SVG + "polyline")], root  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0, 0.93), (0, 7e-9), (-3, 5), (0, 1e12), (0, 0), (5, 5), (-2, -2)]
)
def test_ticks_enclose_and_are_few(low, high):
    found = ticks(low, high)
    assert found[0] <= low
    assert high <= found[-1]
    assert 2 <= len(found) <= 9
    assert found == sorted(set(found))


def test_points_go_right_and_smaller_is_lower():
    (points,), _ = lines({"training": [3.0, 2.0, 1.0]})
    assert points == sorted(points)
    assert points[0][1] < points[1][1] < points[2][1]


def test_nan_leaves_a_gap_and_a_lonely_number_is_a_dot():
    found, root = lines({"a": [3.0, 2.0, math.nan, math.inf, 1.0]})
    assert [len(points) for points in found] == [2]
    assert len(list(root.iter(SVG + "circle"))) == 1


@pytest.mark.parametrize("numbers", [
    [], [math.nan], [1.0], [0.0, 0.0], [1e300, 1.0], [1.7e308, -1.7e308], [5e-324, 0.0],
    [-1.0, -2.0],
])  # fmt: skip
def test_curves_that_are_hardly_any(numbers):
    _, root = lines({"a": numbers})
    assert root.get("viewBox") == "0 0 720 400"


def test_text_is_escaped_and_named_at_the_end():
    _, root = lines({"<b>&": [1.0, 2.0], "other": [1.0, 2.0]}, title='a "title" <i>')
    texts = [text.text for text in root.iter(SVG + "text")]
    assert {"<b>&", "other", 'a "title" <i>', "epoch", "loss"} <= set(texts)
    ends = [float(t.get("y")) for t in root.iter(SVG + "text") if t.text in ("<b>&", "other")]
    assert abs(ends[0] - ends[1]) >= 16


def test_text_that_xml_cannot_hold_is_shown_by_signs():
    _, root = lines({"a\0b": [1.0, 2.0]}, title="\x1b[31m\ud800")
    texts = [text.text for text in root.iter(SVG + "text")]
    assert {"a␀b", "␛[31m\ufffd"} <= set(texts)
