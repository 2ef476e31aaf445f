"""The colours of gradients: told apart by everybody, and text stays readable on them."""

import math

import pytest

from autograd.draw.colours import ALARM, ALARMING, CONSTANT, NEUTRAL, TEXT, fill

Colour = tuple[float, ...]

# Linear red, green and blue as somebody sees them to whom one kind of cone is missing: Vienot,
# Brettel and Mollon 1999 for the first two, Machado, Oliveira and Fernandes 2009 for the third.
SIGHTS = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Colour:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2: 1 to 21, of which 7 is demanded of good text."""
    light, dark = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, sight: str) -> Colour:
    parts = linear(colour)
    return tuple(sum(m * p for m, p in zip(row, parts, strict=True)) for row in SIGHTS[sight])


@pytest.mark.parametrize("share", [-1.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0])
def test_text_is_readable_on_every_gradient(share: float) -> None:
    assert contrast(fill(share, 1.0), TEXT) > 7.0


def test_text_is_readable_on_the_other_colours() -> None:
    assert contrast(CONSTANT, TEXT) > 7.0
    assert contrast(ALARM, NEUTRAL) > 7.0
    assert contrast(ALARM, ALARMING) > 7.0


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_signs_differ_for_colour_blind_readers(sight: str) -> None:
    below, zero, above = (seen(fill(g, 1.0), sight) for g in (-1.0, 0.0, 1.0))
    assert math.dist(below, above) > 0.4
    assert math.dist(below, zero) > 0.4
    assert math.dist(zero, above) > 0.3


def test_larger_gradients_are_darker() -> None:
    for sign in (-1.0, 1.0):
        lightness = [sum(linear(fill(sign * g, 8.0))) for g in (0.0, 0.1, 1.0, 4.0, 8.0)]
        assert lightness == sorted(set(lightness), reverse=True)


def test_only_the_share_of_the_largest_counts() -> None:
    assert fill(3.0, 12.0) == fill(3e-300, 12e-300) == fill(3e300, 12e300)
    assert fill(0.0, 0.0) == fill(-0.0, 5.0) == "#ffffff"


@pytest.mark.parametrize("gradient", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_black(gradient: float) -> None:
    assert fill(gradient, 1.0) == ALARM
