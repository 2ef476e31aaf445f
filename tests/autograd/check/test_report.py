"""What a person reads: the table, the page, the guess at the mistake."""

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from autograd import check_gradients
from autograd.check import Entry, Report


def f(v: Any, w: Any) -> Any:
    return v[0] ** 3 * v[1] + math.sin(w)


def right(v: Any, w: Any) -> Any:
    return [3 * v[0] ** 2 * v[1], v[0] ** 3], math.cos(w)


AT = ([1.5, 0.7], 0.4)


@pytest.mark.parametrize(("change", "said"), [
    (lambda a, b, c: (-a, b, c),            "the sign is flipped"),
    (lambda a, b, c: (2 * a, b, c),         "accumulated twice"),
    (lambda a, b, c: (a / 2, b, c),         "a factor 2 is missing"),
    (lambda a, b, c: (0.0, b, c),           "zero was returned"),
    (lambda a, b, c: (b, a, c),             "swapped with args[0][1]"),
    (lambda a, b, c: (a, c, c),             "it is the derivative for args[1]"),
    (lambda a, b, c: (a - c, b, c),         "missing that is like the derivative for args[1]"),
    (lambda a, b, c: (a + c, b, c),         "too much that is like the derivative for args[1]"),
    (lambda a, b, c: (a * 1.5, b, c),       "a factor of the input is too much"),
    (lambda a, b, c: (a / 1.5, b, c),       "a factor of the input is missing"),
    (lambda a, b, c: (1 / a, b, c),         "the reciprocal"),
    (lambda a, b, c: (a * a, b, c),         "the square or the root"),
    (lambda a, b, c: (-a / 2, b, c),        "half of what it should be, and the sign is flipped"),
    (lambda a, b, c: (a, b / 0.4, c),       "a factor args[1] is missing"),
    (lambda a, b, c: (a, b * 0.4, c),       "a factor args[1] is too much"),
    (lambda a, b, c: (a, b, c * math.pi / 180), "as between degrees and radians"),
])  # fmt: skip
def test_the_mistake_is_guessed(change: Any, said: str) -> None:
    def wrong(v: Any, w: Any) -> Any:
        (a, b), c = right(v, w)
        a, b, c = change(a, b, c)
        return [a, b], c

    report = check_gradients(f, AT, wrong)
    assert report.verdict == "wrong"
    assert said in str(report)


def test_a_penalty_that_was_forgotten() -> None:
    report = check_gradients(
        lambda w: math.exp(w[0] - w[1] + w[2]) + 0.1 * sum(x * x for x in w),
        ([0.5, -0.25, 2.0],),
        lambda w: [sign * math.exp(w[0] - w[1] + w[2]) for sign in (1, -1, 1)],
    )
    assert str(report).count("0.2 times the input is missing, as in the others") == 3


def test_a_transposed_jacobian() -> None:
    report = check_gradients(
        lambda v: [v[0] * v[1], v[0] + v[1] ** 2],
        ([2.0, 3.0],),
        lambda v: [[v[1], 1.0], [v[0], 6.0]],
    )
    assert "swapped with d f[1] / d args[0][0]: transposed" in str(report)


def test_no_guess_where_none_fits() -> None:
    report = check_gradients(math.exp, (1.0,), lambda x: 1.2345)
    assert report.entries[0].mistake == ""


def test_the_table_is_worst_first_and_short() -> None:
    n = 30
    report = check_gradients(
        lambda v: sum(x * x for x in v),
        ([float(k) for k in range(1, n + 1)],),
        lambda v: [2 * x + (x == 7) for x in v],
    )
    lines = str(report).splitlines()
    assert lines[0].startswith("<lambda>: wrong (1 wrong, 29 right;")
    assert lines[1].split()[:2] == ["verdict", "input"]
    assert lines[2].split()[:2] == ["wrong", "args[0][6]"]
    assert "... and 20 more" in str(report)
    assert repr(report) == str(report)
    assert not report


def test_ranks() -> None:
    entries = [
        Entry("a", "", 1, 0.0, 0.0, 0.0, 0.0, verdict, "")
        for verdict in ("right", "unsure", "kink")
    ]
    assert Report(entries).verdict == "kink"
    assert Report(entries[:2]).verdict == "unsure"
    assert Report(entries[:1]).verdict == "right"
    assert Report([]).verdict == "unsure"  # nothing was checked
    entries.append(Entry("a", "", 1, 0.0, 0.0, 0.0, 0.0, "wrong", ""))
    assert Report(entries).verdict == "wrong"
    assert [e.verdict for e in Report(entries).ranked()] == ["wrong", "kink", "unsure", "right"]


def test_the_page_is_well_formed_and_shows_the_v() -> None:
    page = check_gradients(f, AT, lambda v, w: (right(v, w)[0], 1.0001 * math.cos(w)))._repr_html_()
    tree = ET.fromstring(page)
    assert tree.find("table") is not None
    (svg,) = tree.iter("{http://www.w3.org/2000/svg}svg")
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert "nan" not in page


def test_hostile_text_stays_text() -> None:
    hostile = "<script>alert(1)</script>"

    def bad(d: Any) -> Any:
        raise ValueError(hostile)

    bad.__name__ = hostile
    for report in (
        check_gradients(bad, ({hostile: 1.0},), lambda d: {hostile: 1.0}),
        check_gradients(lambda d: d[hostile] ** 2, ({hostile: 1.0},), bad),
        check_gradients(lambda d: d[hostile] ** 2, ({hostile: 1.0},), lambda d: hostile),
    ):
        page = report._repr_html_()
        assert "<script" not in page
        ET.fromstring(page)
        assert re.search("alert", page)


def test_one_factor_for_all() -> None:
    report = check_gradients(f, AT, lambda v, w: ([1.7 * g for g in right(v, w)[0]], math.cos(w)))
    assert str(report).count("1.7 times what it should be, as are the others") == 2


def test_a_page_can_be_encoded_whatever_the_name() -> None:
    def odd(x: Any) -> Any:
        return x * x

    odd.__name__ = "half \ud800"
    page = check_gradients(odd, (3.0,))._repr_html_()
    assert "half ?: right" in page.encode().decode()
