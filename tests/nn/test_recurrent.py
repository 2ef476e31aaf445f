import pytest

import nn
from autograd import Value, check_gradients
from nn.layers import flat


def numbers(tree):
    return [v.data if isinstance(v, Value) else v for v in flat(tree)]


NETWORKS = [
    nn.RNNCell(3, 2, seed=0),
    lambda x: nn.GRUCell(1, 2, seed=0)(nn.GRUCell(3, 1, seed=1)(x)),
    lambda x: nn.LSTMCell(3, 2, seed=0)(x, ([0.1, 0.2], [0.3, -0.4])),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_by_differences(network):
    check_gradients(
        lambda x: sum((i + 1) * v for i, v in enumerate(flat(network(x)))),
        ([0.3, -1.1, 0.8],),
        order=1,
    )


def test_a_mask_holds_the_state():
    for cell in (nn.GRUCell(1, 2, seed=0), nn.LSTMCell(1, 2, seed=0)):
        short = nn.run(cell, [[0.5], [-1.0]])[-1]
        long = nn.run(cell, [[0.5], [-1.0], [7.0]], mask=[1.0, True, 0.0])[-1]
        assert numbers(long) == numbers(short)


def test_another_activation():
    assert nn.RNNCell(1, 2, activation="relu", seed=0)([1.0])[0].op == "relu"


def test_a_state_needs_a_size():
    with pytest.raises(ValueError, match="nhidden must be"):
        nn.GRUCell(2, 0)


def test_what_print_shows():
    assert repr(nn.GRUCell(2, 3)) == "GRUCell(2, 3)"


@pytest.mark.parametrize("mask", [[True], [True, False, True]])
def test_as_many_mask_entries_as_steps(mask):
    with pytest.raises(ValueError, match="mask entries for 2 steps: give one for each"):
        nn.run(nn.RNNCell(1, 2, seed=0), [[1.0], [2.0]], mask=mask)


def test_a_cell_is_called_and_has_a_start_unless_a_state_is_given():
    for cell in (None, lambda x, state: state):
        with pytest.raises(TypeError, match=r"the cell is a recurrent one, such as nn\.GRUCell"):
            nn.run(cell, [[1.0]])
    assert nn.run(lambda x, state: [x[0] + state[0]], iter([[1.0], [2.0]]), [0.0]) == [[1.0], [3.0]]
