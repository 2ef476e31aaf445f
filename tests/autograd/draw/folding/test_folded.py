"""Folded pictures: small, complete, and the same in every process."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.draw import layout
from autograd.draw.boxes import Picture
from autograd.draw.folding import folded
from autograd.draw.picture import picture


def loss(samples: int, sizes: tuple[int, ...] = (2, 16, 16, 1)) -> Value:
    """Return the loss of a network of tanh neurons over some samples."""
    rows = [
        [[Value(0.01 * (i - j)) for i in range(nin + 1)] for j in range(nout)]
        for nin, nout in pairwise(sizes)
    ]
    total = Value(0.0, "start")
    for sample in range(samples):
        xs: list[Any] = [0.1 * sample + i for i in range(sizes[0])]
        for weights in rows[:-1]:
            xs = [z.tanh() for z in ag.matvec(weights, [1.0, *xs])]
        (out,) = ag.matvec(rows[-1], [1.0, *xs])
        total = total + (out - 1.0) ** 2
    total.label = "loss"
    total.backward()
    return total


def titles(drawn: Picture) -> list[str]:
    return [box.label for box in drawn.boxes if box.rows]


def test_a_loss_over_one_sample_is_a_few_boxes() -> None:
    drawn = folded(loss(1))
    assert titles(drawn) == ["layer of 16 neurons: tanh"] * 2 + ["neuron: linear"]
    assert drawn.folded == ag.size(loss(1)) > 300
    assert drawn.left_out == 0
    assert len(drawn.boxes) < 15


def test_a_loss_over_ten_samples_is_hardly_more() -> None:
    drawn = folded(loss(10))
    assert len(drawn.boxes) < 20
    assert {title for title in titles(drawn) if "neuron" in title} == {
        "layer of 16 neurons: tanh, 10 times",
        "neuron: linear, 10 times",
    }


def test_a_loss_that_compares_the_scores_leaves_their_layer_whole() -> None:
    rows, losses = [[Value(0.1 * i) for i in range(9)] for _ in range(3)], []
    for sample in range(20):
        xs = [0.1 * sample + i for i in range(8)]
        first, *others = ag.matvec(rows, [1.0, *xs])
        below = -first
        losses.append(ag.logsumexp([0.0, *(below + z for z in others)]))
    drawn = folded(ag.mean(losses))
    assert titles(drawn) == [
        "27 leaves",
        "layer of 3 neurons: linear, 20 times",
        "20 × -",
        "40 × +",
        "20 × logsumexp",
    ]


def test_a_layer_with_a_residual_is_a_layer_and_a_sum() -> None:
    xs = [Value(0.1 * i).exp() for i in range(20)]
    rows = [[Value(0.1) for _ in range(21)] for _ in xs]
    outs = [z + x for z, x in zip(ag.matvec(rows, [1.0, *xs]), xs, strict=True)]
    found = ["20 leaves", "20 × exp", "layer of 20 neurons: linear", "20 × +"]
    assert titles(folded(outs)) == found


def test_a_layer_says_inputs_nodes_and_ranges() -> None:
    root = loss(1)
    drawn = folded(root)
    layer = next(box for box in drawn.boxes if box.rows)
    assert layer.note == "2 inputs each, 80 nodes"
    outputs, leaves = layer.rows
    assert (outputs.word, leaves.word) == ("16 outputs", "48 leaves")
    mine = [node for node in ag.topological_order(root) if drawn.names[node] == layer.name]
    heads = [node.grad for node in mine if node.op == "tanh"]
    assert outputs.gradient is not None
    assert (outputs.gradient.low, outputs.gradient.high) == (min(heads), max(heads))
    numbers = [node.data for node in mine if not node.op]
    assert (leaves.data.low, leaves.data.high) == (min(numbers), max(numbers))


def test_few_neurons_keep_a_box_each() -> None:
    drawn = folded(loss(1, (40, 8, 1)))
    assert titles(drawn) == ["neuron: tanh"] * 8 + ["neuron: linear"]


def test_every_use_is_counted() -> None:
    drawn = folded(loss(1))
    by_count = sorted(arrow.count for arrow in drawn.arrows)
    assert by_count[-2:] == [16, 256]


def test_only_large_graphs_fold() -> None:
    x = [Value(float(i)) for i in range(4)]
    root = ag.tanh(ag.dot(x, x) + 1.0)
    assert folded(root) == picture(root)
    assert folded(root, 3) != picture(root, 3)


def test_what_has_nothing_in_common_is_cut_as_before() -> None:
    node = Value(1.0)
    for _ in range(400):
        node = node.sin()
    assert folded(node) == picture(node)
    wide = ag.sum([Value(1.0, f"x{i}") for i in range(400)])
    assert folded(wide) == picture(wide)


def test_many_leaves_without_labels_are_one_box() -> None:
    assert titles(folded(ag.sum([Value(1.0) for _ in range(400)]))) == ["400 leaves"]
    weights = [Value(1.0) for _ in range(400)]
    assert titles(folded(ag.dot(weights, [2.0] * 400))) == ["neuron: linear"]


def test_a_long_recurrence_is_folded_and_cut() -> None:
    w, state = [[Value(0.1) for _ in range(4)] for _ in range(4)], [Value(0.0)] * 4
    for _ in range(400):
        state = [z.tanh() for z in ag.matvec(w, state)]
    drawn = folded(state)
    assert drawn.left_out > 0
    assert len(drawn.boxes) < 800
    assert any(box.kind == "folded copy" for box in drawn.boxes)
    assert "boxes nearest the output" in ag.to_dot(state)


def test_labels_are_named() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(400)]
    drawn = folded(ag.sum([x.sin() * x.cos() for x in xs]))
    (leaves,) = [box for box in drawn.boxes if "leaves" in box.label]
    assert (leaves.label, leaves.note) == ("400 leaves", "x0, x1, x2, …")


def test_weights_and_inputs_of_a_convolution_are_told_apart() -> None:
    image = [Value(float(i)) for i in range(100)]
    kernels = [[Value(float(i + j)) for i in range(5)] for j in range(4)]
    maps = [ag.matvec(kernels, image[i : i + 5]) for i in range(96)]
    assert titles(folded(ag.sum([z.relu() for zs in maps for z in zs]))) == [
        "20 leaves",
        "100 leaves",
        "layer of 4 neurons: relu, 96 times",
    ]


def test_constants_have_no_gradient() -> None:
    xs = [Value(float(i)).detach() for i in range(400)]
    y = Value(1.0)
    drawn = folded(ag.sum([(y - x).sin() for x in xs]))
    (constants,) = [box for box in drawn.boxes if box.label == "400 constants"]
    assert constants.rows[0].gradient is None


def test_numbers_that_differ_are_counted_and_one_that_does_not_is_shown() -> None:
    drawn = folded(ag.sum([(Value(1.0).sin() - float(i)) ** 2 for i in range(150)]))
    numbers = [(box.label, box.data) for box in drawn.boxes if box.kind == "number"]
    assert sorted(numbers, key=str) == [("", 2.0), ("1 number each", None)]


def test_an_output_among_others_is_marked() -> None:
    outs = [Value(float(i)).sin() for i in range(200)]
    (box,) = [box for box in folded(outs).boxes if box.label == "200 × sin"]
    assert box.output
    assert "penwidth=2.4" in ag.to_dot(outs)


def test_fold_off_draws_nodes() -> None:
    assert "neuron" not in ag.to_dot(loss(1), fold=False)
    assert "layer of 16 neurons: tanh" in ag.to_dot(loss(1))


@pytest.mark.parametrize("show", [[], ["label"], ["data"], ["grad", "derivative"]])
def test_folded_boxes_are_laid_out_whatever_they_show(show: list[str]) -> None:
    if not layout.engines("svg"):
        pytest.skip("there is no layout engine")
    for rankdir in ("LR", "TB"):
        assert "layer of 16 neurons" in ag.to_svg(loss(2), show=show, rankdir=rankdir)


def test_the_same_in_every_process(printed_in_processes: Callable[[str], set[str]]) -> None:
    program = f"import runpy; f = runpy.run_path({__file__!r}); print(f['ag'].to_dot(f['loss'](3)))"
    found = printed_in_processes(program)
    assert len(found) == 1


def test_a_graph_that_is_large_by_its_copies_is_folded_too() -> None:
    rows, state = [[Value(0.1) for _ in range(9)] for _ in range(8)], [Value(0.0)] * 8
    for _ in range(6):
        state = [z.tanh() for z in ag.matvec(rows, [1.0, *state])]
    root = ag.sum(state)
    assert ag.size(root) < 300 < len(picture(root).boxes)
    assert len(folded(root).boxes) < 30
