"""The choices are checked where they are made."""

import pytest

from autograd.draw.look import DIRECTIONS, SHOWN, Look


def test_the_choices_of_somebody_who_makes_none() -> None:
    assert Look() == Look("LR", ".4g", SHOWN)
    assert Look().rankdir in DIRECTIONS


@pytest.mark.parametrize("choice", [("up",), ("LR", "{}"), ("LR", ".4g", ("colour",))])
def test_others_are_errors(choice: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"rankdir|number_format|show"):
        Look(*choice)  # type: ignore[arg-type] # that is what is tried
