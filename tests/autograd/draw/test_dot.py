"""DOT: the same text every time, whatever the labels hold.

`python tests/autograd/draw/test_dot.py` writes the golden files anew.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.draw import to_dot
from autograd.draw.look import Look

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = [
    '"quoted" \\',
    "<b>bold</b>",
    "<<b>x</b>>",
    "two\nlines\\",
    r"\N \G \L \l \n \\",
    "😀 \U0001f469\u200d\U0001f4bb",
    "]]> <!-- --> ?>",
    "nul \x00 escape \x1b",
    "lone \ud800",
    "&lt;&amp;#60;&#92;N",
    "long " * 1000,
    "</text><script>alert(1)</script>",
    '"]; evil [label="',
    "   ",
    "{a|b}:c;,->",
]
ANYTHING = st.text(st.characters(exclude_categories=())) | st.text('<>&"\\N \n]!-;#')
NODE = re.compile(r'\tn\d+ \[label=<(<TABLE .*</TABLE>)> .*tooltip="?[^"<>]*"?\]')


def square() -> str:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    y.backward()
    return to_dot(y)


def expression() -> str:
    a, b = Value(-4.0, "a"), Value(2.0, "b")
    c = (a + b) * 2 - a / b + (10 - b) ** 2
    c.label = "c"
    c.backward()
    return to_dot(c)


def neuron() -> str:
    weights = [Value(0.5, "w0"), Value(-1.5, "w1")]
    activation = (ag.dot(weights, [2.0, 1.0]) + Value(0.75, "bias")).relu()
    activation.backward()
    return to_dot(activation, rankdir="TB", number_format=".2f")


def hostile() -> str:
    return to_dot(ag.sum([Value(float(i), label) for i, label in enumerate(HOSTILE)]))


def copies() -> str:
    w = Value(0.5, "w")
    node = Value(1.0, "x")
    for _ in range(6):
        node = node * w
    node.backward()
    return to_dot(node)


def left_out() -> str:
    total = ag.sum([Value(float(i), f"x{i}") for i in range(1000)]) * 2
    total.backward()
    return to_dot(total, limit=5)


def not_finite() -> str:
    x = Value(0.0, "x")
    y = x.log() * x
    y.backward()
    return to_dot([y, x.detach()])


def derivatives_only() -> str:
    return to_dot(ag.softmax([Value(0.0), Value(0.0)])[0], show="derivative")


GRAPHS: list[Callable[[], str]] = [
    square, expression, neuron, hostile, copies, left_out, not_finite, derivatives_only,
]  # fmt: skip


@pytest.mark.parametrize("graph", GRAPHS)
def test_golden(graph: Callable[[], str]) -> None:
    assert graph() == (GOLDEN / f"{graph.__name__}.dot").read_text("utf-8")


def test_the_same_in_every_process(printed_in_processes: Callable[[str], set[str]]) -> None:
    program = f"import runpy; print(runpy.run_path({__file__!r})['expression']())"
    found = printed_in_processes(program)
    assert len(found) == 1


def statements(dot: str) -> list[str]:
    return dot.splitlines()[4:-1]


@given(ANYTHING, ANYTHING)
def test_any_label_stays_one_label(one: str, other: str) -> None:
    x, y = Value(1.0, one), Value(2.0, other)
    z = ag.custom_gradient(max, lambda *_: (0.0, 1.0))(x, y)
    z.label = one + other
    dot = to_dot(z)
    dot.encode()
    boxes, arrows = statements(dot)[:-2], statements(dot)[-2:]
    assert len(boxes) == 3
    for box in boxes:
        match = NODE.fullmatch(box)
        assert match
        ET.fromstring(match[1].replace("<VR/>", "").replace("&#160;", " "))
    assert [re.match(r"\tn\d -> n0 \[", arrow) is not None for arrow in arrows] == [True, True]


def test_a_label_may_be_any_object() -> None:
    x = Value(1.0)
    x.label = 3.5  # type: ignore[assignment] # that is what is tried
    assert "<B>3.5</B>" in to_dot(x)


def test_operations_have_a_name_that_may_be_anything() -> None:
    evil = ag.custom_gradient(lambda x: x, lambda x: 1.0)
    assert "&lt;lambda&gt;" in to_dot(evil(Value(1.0)))


def test_it_says_what_was_left_out() -> None:
    node = Value(1.0)
    for _ in range(1000):
        node = node.sin()
    dot = to_dot(node)
    assert 'label="The 300 nodes nearest the output, of 1001: 701 are left out"' in dot
    assert "label=" not in to_dot(Value(1.0)).splitlines()[1]


def test_the_gradient_may_be_a_value_or_missing() -> None:
    x = Value(3.0)
    y = x * x
    y.backward(create_graph=True)
    assert '<TD ALIGN="RIGHT">6</TD>' in to_dot(y)
    y.grad = None
    assert '<TD ALIGN="RIGHT">None</TD>' in to_dot(y)


def test_leaves_inner_nodes_and_outputs_look_different() -> None:
    x = Value(1.0, "leaf")
    inner = x + 1
    dot = statements(to_dot(inner * 2))
    styles = [re.search(r' style="?([\w,]+)', line) for line in dot if "<TABLE" in line]
    assert [match and match[1] for match in styles] == [
        "filled",
        "filled,rounded",
        "filled,rounded",
    ]
    assert ["peripheries=2" in line for line in dot if "<TABLE" in line] == [False, False, True]


def test_colours_follow_the_gradients() -> None:
    x, y = Value(1.0), Value(4.0)
    z = x * y
    assert {line[1] for line in re.finditer('fillcolor="(.*?)"', to_dot(z))} == {"#ffffff"}
    x.grad, y.grad, z.grad = -4.0, 4.0, 1.0
    fills = [match[1] for match in re.finditer('fillcolor="(.*?)"', to_dot(z))]
    assert fills == ["#6baee6", "#ffa74d", "#ffd3a6"]


def test_what_is_not_finite_stands_out() -> None:
    x = Value(-1.0)
    dot = to_dot(x.sqrt())
    assert 'fillcolor="#111111"' in dot
    assert "<B>nan</B>" in dot
    assert "penwidth=3" in dot


def test_many_uses_by_one_node_are_counted() -> None:
    x = Value(1.0)
    (arrow,) = statements(to_dot(ag.sum([x] * 10_000)))[2:]
    assert 'label="10,000 uses"' in arrow


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("label", (True, False, False, False)),
        (["data"], (False, True, False, False)),
        (("grad", "label"), (True, False, True, False)),
        (["derivative"], (False, False, False, True)),
        ([], (False, False, False, False)),
    ],
)
def test_what_to_show(show: Any, words: tuple[bool, ...]) -> None:
    x = Value(3.0, "name")
    dot = to_dot(x.square(), show=show)
    shown = [">name<", ">data<", ">grad<", "label=<6>"]
    assert tuple(word in dot for word in shown) == words


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"rankdir": "left"}, "rankdir is one of LR, TB, RL, BT, not 'left'"),
        ({"show": ["labels"]}, "show names some of label, data, grad, derivative, not 'labels'"),
        ({"number_format": "%.4f"}, "number_format '%.4f' does not format a float"),
        ({"limit": 0}, "limit is the number of nodes to draw"),
    ],
)
def test_choices_that_are_none(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_dot(Value(1.0), **choices)


def test_directions() -> None:
    for rankdir in ("LR", "TB", "RL", "BT"):
        assert f"rankdir={rankdir}" in to_dot(Value(1.0), rankdir=rankdir)
        assert Look(rankdir).rankdir == rankdir


def test_neither_size_nor_dpi_is_set() -> None:
    assert not re.search(r"\b(size|dpi|ratio)=", square())


def test_all_digits_are_in_the_hint() -> None:
    x = Value(math.pi, "x")
    assert 'tooltip="x\\ndata 3.141592653589793\\ngrad 0.0"' in to_dot(x)


def test_a_gradient_of_minus_zero_shows_no_sign() -> None:
    x = Value(-1.0) * 3.0
    z = x.relu() * -2.0
    z.backward()
    assert math.copysign(1.0, x.grad) == -1.0
    assert ">-0<" not in to_dot(z, show=["grad"])
    assert ">-0<" in to_dot(Value(-0.0), show=["data"])


if __name__ == "__main__":
    for graph in GRAPHS:
        (GOLDEN / f"{graph.__name__}.dot").write_text(graph(), "utf-8")
