"""why adds up to the gradient without going through every path."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value, why


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
    assert str(why(x * y, x)).splitlines()[0].strip() == r"3  'two\nlines' -> 3 mul"


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


def test_a_product_underflows_where_the_gradient_does() -> None:
    x = Value(1e-300)
    out = x * 1e200 * 1e200 * 1e-200 * 1e-200
    out.backward()
    (path,) = why(out, x).paths
    assert path.product == x.grad == why(out, x).total


UNARY: tuple[Callable[[Any], Any], ...] = (
    ag.sin, ag.tanh, ag.cbrt, abs, ag.relu, lambda v: v**2, lambda v: ag.where(v > 0.5, v, v * v),
)  # fmt: skip
BINARY: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a / (b * b + 1), ag.maximum, ag.hypot,
    lambda a, b: ag.logsumexp([a, b, a]), lambda a, b: ag.prod([a, b, b]),
    lambda a, b: ag.dot([a, b], [b, b]), lambda a, b: ag.softmax([a, b, a])[2],
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed: int) -> None:
    draw = random.Random(seed)
    inputs = [Value(draw.uniform(0.1, 1.0)) for _ in range(3)]
    pool = list(inputs)
    for _ in range(draw.randint(1, 12)):
        a, b = draw.choice(pool), draw.choice(pool)
        pool.append(draw.choice(UNARY)(a) if draw.random() < 0.5 else draw.choice(BINARY)(a, b))
    pool[-1].backward()
    for x in inputs:
        ledger = why(pool[-1], x, most=10**6)
        products = [path.product for path in ledger.paths]
        assert ledger.total == x.grad
        assert math.fsum(products) == pytest.approx(x.grad, rel=1e-12, abs=1e-14)
        assert all(path.product == pytest.approx(math.prod(path.slopes)) for path in ledger.paths)
        assert [abs(p.product) for p in why(pool[-1], x, most=3).paths] == pytest.approx(
            sorted(map(abs, products), reverse=True)[:3]
        )


@pytest.mark.parametrize("wrong", [1.0, None, [Value(1.0)]])
def test_what_is_no_value(wrong: Any) -> None:
    with pytest.raises(TypeError, match="why looks at two Values, not at"):
        why(wrong, Value(1.0))
    with pytest.raises(TypeError, match="why looks at two Values, not at"):
        why(Value(1.0), wrong)
    with pytest.raises(ValueError, match="most is a whole number from 0, not -1"):
        why(Value(1.0), Value(2.0), most=-1)
