import pytest

import nn
from autograd import Value, check_gradients, grad
from nn.layers import flat


def numbers(tree):
    return [v.data if isinstance(v, Value) else v for v in flat(tree)]


NETWORKS = [
    lambda x: nn.Conv1d(1, 2, 2, padding=1, seed=0)([x]),
    lambda x: nn.Conv2d(1, 1, (1, 2), seed=0)([[x]]),
    lambda x: nn.AvgPool1d(2, 1)([x]),
    lambda x: nn.MaxPool2d((1, 2), 1)([[x]]),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_by_differences(network):
    check_gradients(
        lambda x: sum((i + 1) * v for i, v in enumerate(flat(network(x)))),
        ([0.3, -1.1, 0.8],),
        order=1,
    )


def test_convolution_moves_with_its_input():
    layer = nn.Conv1d(1, 1, 3, seed=0)
    one = [v.data for v in layer([[0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0]])[0]]
    two = [v.data for v in layer([[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]])[0]]
    assert one[:-1] == two[1:]


def test_padding_is_the_same_as_zeros():
    layer = nn.Conv2d(1, 1, 3, padding=1, seed=0)
    bare = nn.Conv2d(1, 1, 3).load_state_dict(layer.state_dict())
    plane = [[1.0, 2.0], [3.0, 4.0]]
    padded = [[0.0] * 4, [0.0, 1.0, 2.0, 0.0], [0.0, 3.0, 4.0, 0.0], [0.0] * 4]
    assert numbers(layer([plane])) == numbers(bare([padded]))


def test_equal_numbers_share_the_gradient_of_a_maximum():
    found = grad(lambda x: nn.MaxPool1d(2)([x])[0][0])([1.0, 1.0])
    assert found == [0.5, 0.5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv1d(2, 1, 2)([[1.0, 2.0]]), "takes 2 channels, not 1"),
        (lambda: nn.Conv1d(1, 1, 3)([[1.0, 2.0]]), "a window of 3 does not fit into 2"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size must be"),
        (lambda: nn.MaxPool2d(3)([[[1.0]]]), "a window of 3 does not fit"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


LINES, PLANES = r"as \[channel\]\[position\], of one", r"as \[channel\]\[row\]\[column\], of one"


@pytest.mark.parametrize(
    ("layer", "x", "told"),
    [
        (nn.Conv1d(2, 1, 2, seed=0), [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]], LINES),
        (nn.Conv1d(2, 1, 2, seed=0), [[1.0, 2.0, 3.0], [1.0]], LINES),
        (nn.Conv1d(3, 1, 2, seed=0), [1.0, 2.0, 3.0], LINES),
        (nn.Conv1d(1, 1, 2, seed=0), [[[1.0, 2.0, 3.0]]], LINES),
        (nn.MaxPool1d(2), [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]], LINES),
        (nn.MaxPool1d(2), [], LINES),
        (nn.AvgPool1d(2), [Value(1.0), Value(2.0)], LINES),
        (nn.Conv2d(1, 1, 1, seed=0), [[[1.0, 2.0], [1.0]]], PLANES),
        (nn.Conv2d(2, 1, 1, seed=0), [[[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]], PLANES),
        (nn.Conv2d(1, 1, 1, seed=0), [[1.0, 2.0]], PLANES),
        (nn.MaxPool2d(1), [[[1.0], [1.0, 2.0]]], PLANES),
        (nn.AvgPool2d(1), [1.0], PLANES),
    ],
)
def test_lists_of_several_lengths_or_another_depth_are_refused(layer, x, told):
    with pytest.raises(ValueError, match=told):
        layer(x)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: nn.Conv1d(1, 1, 2, stride=0), ValueError, "stride must be a whole number from 1"),
        (lambda: nn.Conv1d(1, 1, 2, stride=-1), ValueError, "stride must be a whole number from 1"),
        (lambda: nn.Conv1d(1, 1, 2, stride="a"), TypeError, "stride must be a whole number from 1"),
        (lambda: nn.Conv1d(1, 1, 2, padding=-1), ValueError, "padding must be .* from 0, not -1"),
        (lambda: nn.Conv2d(1, 1, 2, padding="same"), TypeError, "padding must be .*, not 'same'"),
        (lambda: nn.Conv2d(1, 1, 2, stride=(1, 0)), ValueError, "stride must be"),
        (lambda: nn.Conv2d(1, 1, (2,)), ValueError, r"kernel_size is one number, or two as \(down"),
        (lambda: nn.MaxPool2d(0), ValueError, "kernel_size must be a whole number from 1, not 0"),
        (lambda: nn.MaxPool2d("a"), TypeError, "kernel_size must be a whole number from 1"),
        (lambda: nn.AvgPool2d(2, 0), ValueError, "stride must be a whole number from 1, not 0"),
    ],
)
def test_sizes_are_whole_numbers(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_a_pair_may_be_a_list_and_a_sample_an_array():
    numpy = pytest.importorskip("numpy")
    plane = [[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]
    assert nn.MaxPool2d([2, 2], [1, 1])([plane]) == nn.MaxPool2d(2, 1)([plane])
    layer = nn.Conv2d(1, 2, 2, seed=0)
    assert numbers(layer(numpy.array([plane]))) == numbers(layer([plane]))


def test_what_print_shows():
    layers = [nn.Conv1d(1, 2, 3), nn.Conv2d(1, 2, 3), nn.MaxPool1d(2), nn.AvgPool2d(2)]
    assert list(map(repr, layers)) == [
        *("Conv1d(1, 2, 3)", "Conv2d(1, 2, (3, 3))", "MaxPool1d(2, 2)"),
        "AvgPool2d((2, 2), (2, 2))",
    ]
