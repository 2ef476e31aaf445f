"""What a claim must survive before it is called wrong."""

import math
import struct
import warnings
from collections.abc import Callable

import pytest

from autograd import check_gradients


def verdict(f: Callable[..., float], args: tuple[float, ...], *claims: float) -> str:
    return check_gradients(f, args, lambda *_: claims if len(claims) > 1 else claims[0]).verdict


def test_structure_below_the_rounding_at_all_visible_steps_refutes_nothing() -> None:
    def f(x: float) -> float:
        return 5.03e5 + 3.81e-10 * (math.asinh(math.sin(x)) - 0.03444 * x + 3.0 * (x + 2.25))

    assert verdict(f, (-7381.570296835247,), 1.2385507857069083e-09) != "wrong"


def test_a_period_below_the_spacing_of_the_floats_refutes_nothing() -> None:
    report = check_gradients(math.fmod, (1.0, 1.401298464324817e-45), lambda x, y: (1.0, -7.1e44))
    assert report.entries[0].verdict == "unsure" or report.entries[1].verdict == "unsure"
    assert report.verdict != "wrong"


def test_slopes_among_the_subnormal_numbers_refute_nothing() -> None:
    x, y = 4.671823336297707e-295, 477388947.0
    assert verdict(lambda y: x / math.hypot(x, y), (y,), -x / y / y) != "wrong"


def test_inputs_among_the_subnormal_numbers_refute_nothing() -> None:
    assert verdict(lambda x: max(x, 0.0), (-5e-324,), 0.0) != "wrong"


@pytest.mark.parametrize("off", [1e-9, 1e-6, 1e-3, 0.5, 1.0])
@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [(math.sin, math.cos, 30.0), (math.exp, math.exp, 1.0), (math.log, lambda x: 1.0 / x, 2.0)],
)
def test_a_mistake_is_still_seen(
    f: Callable[[float], float], slope: Callable[[float], float], x: float, off: float
) -> None:
    assert verdict(f, (x,), slope(x) * (1.0 + off)) == "wrong"


def test_a_clipped_function_is_still_flat() -> None:
    assert verdict(lambda x: max(x, 0.0), (-3.0,), 1.0) == "wrong"
    assert verdict(lambda x, y: max(x, 0.0) + y, (-3.0, 0.25), 1.0, 1.0) == "wrong"


def test_a_pole_one_spacing_away_and_a_slope_that_grows_slowly_refute_nothing() -> None:
    assert verdict(math.lgamma, (-999999.9999999999,), -8589934578.184489) != "wrong"
    assert verdict(lambda x: x**0.9921875, (0.0,), math.inf) != "wrong"
    assert verdict(lambda x: x**1.5, (0.0,), math.inf) == "wrong"
    assert verdict(math.fmod, (0.0, -1.1125369292536007e-308), 1.0, 0.0) != "wrong"


def test_noise_above_the_rounding_of_the_result_refutes_and_confirms_nothing() -> None:
    def difference(x: float) -> float:
        return 4.4e-08 * (math.sqrt(x + 1) - math.sqrt(x))

    x = 359.79081393260014
    slope = 2.2e-08 * (1 / math.sqrt(x + 1) - 1 / math.sqrt(x))
    assert verdict(difference, (x,), slope) == "right"
    assert verdict(difference, (x,), 1.0001 * slope) == "wrong"
    assert verdict(lambda x: math.exp(x) - 1, (-0.0051155202929792105,), 0.0) == "wrong"


def test_a_step_beyond_the_smooth_part_tells_nothing_about_the_rest() -> None:
    def unit(x: float) -> float:
        return x / math.hypot(x, 355771.4627234903)

    assert verdict(unit, (987576168.25758,), 1.3141057953702852e-16) == "right"


def test_a_kink_nearby_refutes_nothing() -> None:
    for near in (1.465392856876, 1.465392857):
        report = check_gradients(max, (near, 1.4653928568755932), lambda *_: (1.0, 0.0))
        assert report.verdict != "wrong"


def test_a_period_below_the_spacing_of_any_input_refutes_nothing() -> None:
    smaller = [(5.0, 1.1612948538807996e-240), (392022884.44156617, 1e-09)]
    for x, y in [
        *smaller,
        (134092817.0, 5.960464477539063e-08),
        (3.8285e-21, 1.1755e-38),
        (1.0, 2.0**-52),
    ]:
        assert verdict(math.fmod, (x, y), 1.0, -math.trunc(x / y)) != "wrong"


def test_waves_that_large_steps_miss_are_seen_by_smaller_ones() -> None:
    def wave(x: float) -> float:
        return math.sin(x) - 800.0 * x * x

    x = 64971.372247201754
    assert verdict(wave, (x,), math.cos(x) - 1600.0 * x) != "wrong"


def test_large_values_in_single_precision_are_no_steps() -> None:
    def single(x: float) -> float:
        return struct.unpack("f", struct.pack("f", math.exp(x)))[0]  # type: ignore[no-any-return] # a float

    x = 25.41962803325187
    assert verdict(single, (x,), math.exp(x)) == "right"
    assert verdict(single, (x,), 0.0) == "wrong"
    assert verdict(math.trunc, (15695782.5,), 0.0) != "wrong"
    assert verdict(lambda x: 1000.0 * math.floor(x), (1e7 + 0.5,), 0.0) == "right"


@pytest.mark.parametrize("x", [-36.0, -37.0, -38.0, -40.0, -100.0])
def test_what_rounds_away_in_numbers_of_size_one_refutes_nothing(x: float) -> None:
    slope = math.exp(x) / (1 + math.exp(x))
    assert verdict(lambda x: math.log(1 + math.exp(x)), (x,), slope) != "wrong"
    assert verdict(lambda x: math.log(1 + math.exp(x)), (x,), 1.0) == "wrong"


def test_steps_that_are_the_rounding_of_a_saturated_function_refute_nothing() -> None:
    for x in (18.2, 18.5, 18.9):
        slope = -1e6 / math.cosh(x) ** 2
        assert verdict(lambda x: 1e6 * (1 - math.tanh(x)), (x,), slope) != "wrong"
        assert verdict(lambda x: 1e6 * (1 - math.tanh(x)), (x,), 1.0) == "wrong"
    assert verdict(lambda x: 1e-6 * math.floor(3 * x), (18.5,), 1e-6) == "wrong"
    assert verdict(lambda x: 1e-6 * math.floor(3 * x), (18.5,), 0.0) == "right"


def test_a_bend_between_the_steps_refutes_nothing() -> None:
    x, y = 1e-09, 4.833646656726457e-17
    assert verdict(math.hypot, (x, y), 1.0, y / x) != "wrong"
    assert verdict(math.hypot, (x, 2e-10), 1.0, 0.3) == "wrong"


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (lambda x: 4e3 * (1 - math.cos(1 / x)), lambda x: -4e3 / x**3, 1.1e8),
        (lambda x: 3e4 * math.log(1 + 1 / x), lambda x: -3e4 / x / x, 7.4e12),
        (lambda x: 7e5 * (math.atan(x) - math.pi / 2), lambda x: 7e5 / x / x, 2.9e15),
        (lambda x: 3e3 * (math.sqrt(1 + x * x) - x), lambda x: -3e3 / (2 * x * x), 3.3e7),
        (lambda x: 4e10 * (math.sqrt(1 + 1 / x**2) - 1), lambda x: -4e10 / x**3, 7.1e6),
    ],
)
def test_a_function_that_cancels_to_a_constant_refutes_no_slope_within_its_rounding(
    f: Callable[[float], float], slope: Callable[[float], float], x: float
) -> None:
    assert verdict(f, (x,), slope(x)) != "wrong"
    assert verdict(lambda x: f(-x), (-x,), -slope(x)) != "wrong"
    assert verdict(f, (x,), 1.0) == "wrong"


@pytest.mark.parametrize("x", [0.5, 1.0, 1.0 + 2.0**-52, 2.5, 7.0, 1e6])
def test_constants_and_clipped_functions_refute_every_slope(x: float) -> None:
    for slope in (1e-3 / x, -1.0 / x, 1.0):
        assert verdict(lambda x: 7.0, (x,), slope) == "wrong"
        assert verdict(lambda x: max(1 / x - 2e6, 0.0), (x,), slope) == "wrong"
        assert verdict(lambda x: math.floor(x / 1e7), (x,), slope) == "wrong"


@pytest.mark.parametrize("width", [1e-10, 1.3535e-8, 1e-5])
@pytest.mark.parametrize("ulps", [1, 16, 256])
def test_structure_on_the_scale_of_a_small_input_refutes_nothing(width: float, ulps: int) -> None:
    size = ulps * math.ulp(10.4)
    for at in (-2.1, 0.3, 1.4):
        claim = size / width / math.cosh(at) ** 2
        found = verdict(lambda x: 10.4 + size * math.tanh(x / width), (at * width,), claim)
        assert found != "wrong", at


def test_one_of_two_inputs_of_unlike_size_is_not_called_wrong() -> None:
    def f(a: float, b: float) -> float:
        return math.sin(1.5e-8 * a) / 1.5e-8 + math.sin(9.4e7 * b) / 9.4e7

    a, b = -94109265.7, 5.54e-9
    claim = math.cos(1.5e-8 * a), math.cos(9.4e7 * b)
    assert check_gradients(f, (a, b), lambda a, b: claim).verdict != "wrong"


@pytest.mark.parametrize("x", [1e-4, 1e-7, 1e-10])
@pytest.mark.parametrize(
    ("f", "slope"),
    [(math.sin, math.cos), (math.exp, math.exp), (lambda x: x * x + x, lambda x: 2 * x + 1)],
)
def test_mistakes_at_small_inputs_are_seen(
    f: Callable[[float], float], slope: Callable[[float], float], x: float
) -> None:
    for wrong in (-slope(x) - 0.25, 2.0 * slope(x) + 1.0, 100.0 * slope(x) - 1.0):
        assert verdict(f, (x,), wrong) == "wrong"


def test_a_steep_claim_at_a_tiny_input_of_a_function_without_rounding_is_wrong() -> None:
    for x in (1e-18, 1e-20):
        assert verdict(lambda x: 3.0 * x, (x,), 100.0) == "wrong"
        assert verdict(math.sin, (x,), 1000.0) == "wrong"


def test_an_unsure_verdict_gives_a_reason() -> None:
    report = check_gradients(
        lambda x: x + 1e-6 * math.sin(1e5 * x), (0.7,), lambda x: 1.0 + 0.1 * math.cos(1e5 * x)
    )
    (entry,) = report.entries
    assert entry.verdict != "wrong"
    assert entry.reason


def test_a_function_that_takes_the_real_part_warns_of_nothing() -> None:
    numpy = pytest.importorskip("numpy")

    def f(x: float) -> float:
        return float(numpy.sin(numpy.asarray(x).astype(float))) * 1e-3 + 1.0

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verdict(f, (0.3,), 1e-3 * math.cos(0.3)) != "wrong"
