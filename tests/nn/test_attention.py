import pytest

import nn
from autograd import Value, check_gradients
from nn.layers import flat


def numbers(tree):
    return [v.data if isinstance(v, Value) else v for v in flat(tree)]


NETWORKS = [
    lambda x: nn.MultiHeadAttention(4, 2, seed=0)([[*x, 1.0], [1.0, *x]], mask=nn.causal_mask(2)),
    lambda x: nn.attention([x], [x, [1.0, 2.0, 3.0]], [[x[0]], [x[1]]]),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_by_differences(network):
    check_gradients(
        lambda x: sum((i + 1) * v for i, v in enumerate(flat(network(x)))),
        ([0.3, -1.1, 0.8],),
        order=1,
    )


def test_attention_looks_where_the_mask_lets_it():
    queries, keys = [[1.0, 0.0]], [[9.0, 0.0], [1.0, 0.0], [5.0, 1.0]]
    plain = nn.attention_weights(queries, keys, [[False, True, True]])[0]
    valued = nn.attention_weights(queries, keys, [[Value(0.0), Value(1.0), True]])[0]
    assert plain[0] == 0.0
    assert [float(s if isinstance(s, float) else s.data) for s in valued] == plain
    assert sum(plain) == pytest.approx(1.0)


def test_attention_that_sees_nothing_looks_everywhere():
    for mask in ([[False, False]], [[0.0, 0.0]]):
        assert nn.attention_weights([[1.0]], [[1.0], [5.0]], mask)[0] == pytest.approx(
            nn.attention_weights([[1.0]], [[1.0], [5.0]])[0] if mask[0][0] is False else [0.5, 0.5]
        )


def test_causal_attention_does_not_see_what_comes():
    layer = nn.MultiHeadAttention(4, 2, seed=0)
    steps = [[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, -1.0, 0.5], [2.0, 2.0, 1.0, 0.0]]
    three = layer(steps, mask=nn.causal_mask(3))
    two = layer(steps[:2], mask=nn.causal_mask(2))
    assert numbers(three[:2]) == numbers(two)


def test_attention_to_a_memory():
    layer = nn.MultiHeadAttention(2, 1, seed=0)
    assert len(layer([[1.0, 0.0]], memory=[[0.5, 1.0], [1.0, 1.0], [0.0, 0.0]])) == 1


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match="3 heads do not divide a width of 4"):
        nn.MultiHeadAttention(4, 3)


def test_what_print_shows():
    assert repr(nn.MultiHeadAttention(4, 2)) == "MultiHeadAttention(4, 2)"
