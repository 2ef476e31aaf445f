"""why adds up to the gradient without going through every path; unused says where a path broke."""

import math
from typing import Any

import pytest

import autograd as ag
from autograd import Value, unused, why


def test_every_path_with_its_product_largest_first() -> None:
    x, y = Value(3.0, label="x"), Value(-2.0, label="y")
    out = x * x * y + ag.sin(x)
    ledger = why(out, x)
    out.backward()
    assert ledger.total == x.grad
    assert [path.product for path in ledger.paths] == [-6.0, -6.0, math.cos(3.0)]
    assert math.fsum(path.product for path in ledger.paths) + ledger.rest == pytest.approx(x.grad)
    assert str(ledger).splitlines()[0].strip() == "-6  x -> 3 mul -> -2 mul -> 1 add"
    assert ledger.more == 0


def test_many_paths_are_grouped_and_quick() -> None:
    x = Value(1.0, label="x")
    out = x
    for _ in range(200):
        out = out * 0.5 + out * 0.5
    ledger = why(out, x, most=3)
    assert len(ledger.paths) == 3
    assert ledger.more == 2**200 - 3
    assert ledger.total == 1.0
    assert "more paths together" in str(ledger)


def test_what_is_long_is_told_in_short() -> None:
    x = Value(1.0, label="x")
    out = x
    for _ in range(20_000):  # so many paths that Python refuses to write their number
        out = out * 0.5 + out * 0.5
    lines = str(why(out, x, most=2)).splitlines()
    assert lines[2].endswith("about 1e6020 more paths together")
    assert max(map(len, lines)) < 500
    assert "-> ... 39,980 more ... ->" in lines[0]


def test_a_label_may_be_anything() -> None:
    x, y = Value(2.0, label="two\nlines"), Value(3.0)
    y.label = 4  # type: ignore[assignment] # as here
    assert str(why(x * y, x)).splitlines()[0].strip() == r"3  'two\nlines' -> 3 mul"
    assert str(unused(x * 2, y)[0]) == "4 = 3: not used"


def test_paths_that_are_infinite_both_ways() -> None:
    x = Value(0.0, label="x")
    out = ag.sqrt(x) - ag.sqrt(x) + ag.cbrt(x) - ag.cbrt(x)
    ledger = why(out, x, most=2)
    assert ledger.more == 2
    assert math.isnan(ledger.total)
    assert math.isnan(ledger.rest)


def test_the_largest_are_found_among_many() -> None:
    x = Value(1.0)
    out = Value(0.0)
    for k in range(1, 40):
        out = out + x * float(k)
    assert [path.product for path in why(out, x, most=2).paths] == [39.0, 38.0]


def test_no_path_and_no_number() -> None:
    x, y = Value(2.0), Value(0.0)
    assert why(x * 2, y).paths == ()
    assert why(x * 2, y).total == 0.0
    assert why(x, x).total == 1.0
    ledger = why(x * y / y, y)
    assert math.isnan(ledger.total)
    assert "the gradient" in repr(ledger)


@pytest.mark.parametrize(("make", "reason"), [
    (lambda x, y: x * y.data,                        ".data"),
    (lambda x, y: x * y.detach(),                    "detached"),
    (lambda x, y: x * ag.sign(y),                    "slope of 0: sign"),
    (lambda x, y: x + y * 0,                         "slope of 0: mul"),
    (lambda x, y: ag.where(x > 0, x, y),             "a where chose the other branch"),
    (lambda x, y: ag.where(x > 0, x, ag.exp(y)),     "other branch on the way"),
    (lambda x, y: x * 2,                             "not used"),
    (lambda x, y: x * 3.5,                           "uses the number 3.5"),
])  # fmt: skip
def test_unused(make: Any, reason: str) -> None:
    x, y = Value(2.0, label="x"), Value(3.5, label="y")
    found = unused(make(x, y), [x, y])
    if ".data" not in reason:
        assert [line.input for line in found] == [y]
        assert reason in str(found[0])
    watched = unused(lambda: make(x, y), y)
    assert [line.input for line in watched] == [y]
    assert reason in str(watched[0])


def test_all_used_or_no_graph() -> None:
    x, y = Value(2.0), Value(3.0)
    assert unused(x * y, [x, y]) == []
    assert "plain number" in unused(1.0, x)[0].reason
    assert ".data" in unused(lambda: x.data * 2, x)[0].reason
    with pytest.raises(TypeError, match="one output, not at \\[Value"):
        unused([x * y], x)
