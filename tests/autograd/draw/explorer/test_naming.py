"""Names: short, different, and harmless beside other text."""

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.draw.explorer.naming import isolated, names_of


def named(*labels: str) -> list[str]:
    return list(names_of([Value(1.0, label) for label in labels]).values())


def test_labels_are_names() -> None:
    assert named("x", "loss") == ["x", "loss"]


def test_leaves_and_results_without_a_label_are_numbered() -> None:
    x = Value(1.0)
    y = x * 2
    assert list(names_of([x, y, Value(2.0), y * y]).values()) == ["p1", "v1", "p2", "v2"]


def test_no_name_is_taken_twice() -> None:
    assert named("x", "x", "x (2)", "x") == ["x", "x (3)", "x (2)", "x (4)"]
    assert named("p1", "", "v1", "") == ["p1", "p2", "v1", "p3"]


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.sampled_from(["x", "p1", " "])))
def test_any_labels_give_different_short_names_of_one_line(labels: list[str]) -> None:
    names = named(*labels)
    assert len(set(names)) == len(labels)
    for name in names:
        assert 0 < len(name) <= 32
        assert name.isprintable() or all(ord(c) > 0x7F for c in name if not c.isprintable())
        assert "\n" not in name
        assert "\u202e" not in name


def test_long_ones_are_cut_and_control_characters_shown() -> None:
    assert named("long " * 2000) == ["long long long long lon…"]
    assert named("nul \x00", "two\nlines", "\n\nthird") == ["nul ␀", "two", "third"]


def test_marks_do_not_tower() -> None:
    assert named("a" + 500 * "\u0301") == ["a" + 4 * "\u0301"]


def test_a_label_may_be_any_object() -> None:
    x = Value(1.0)
    x.label = 3.5  # type: ignore[assignment] # that is what is tried
    assert names_of([x]) == {x: "3.5"}


def test_names_from_right_to_left_stay_by_themselves() -> None:
    assert isolated("x") == "x"
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert named("\u202egnihton") == ["\ufffdgnihton"]
