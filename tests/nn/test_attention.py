import pytest

import autograd
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


NOTHING = [[False, False], [0, 0], [0.0, False], [Value(0.0), Value(0.0)]]


@pytest.mark.parametrize("row", NOTHING)
def test_attention_that_sees_nothing_looks_everywhere(row):
    expected = nn.attention_weights([[1.0]], [[5.0], [7.0]])
    found = nn.attention_weights([[1.0]], [[5.0], [7.0]], [row])
    assert numbers(found) == expected[0]


def test_masks_may_be_arrays():
    numpy = pytest.importorskip("numpy")
    for row in ([False, False], [False, True], [0, 1]):
        expected = nn.attention_weights([[1.0]], [[5.0], [7.0]], [list(map(bool, row))])
        assert nn.attention_weights([[1.0]], [[5.0], [7.0]], numpy.array([row])) == expected


def test_a_compiled_mask_that_hides_everything_does_as_a_plain_one():
    def taken(x):
        return nn.attention([[1.0]], [[5.0], [7.0]], [[1.0], [2.0]], [x])[0][0]

    for x in ([0.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        assert autograd.compile(taken)(x) == pytest.approx(taken(x), rel=1e-15)


def test_values_that_hide_everything_pass_no_gradient_to_the_mask():
    mask, query = [Value(0.0), Value(0.0)], Value(1.0)
    shares = nn.attention_weights([[query]], [[5.0], [7.0]], [mask])[0]
    shares[0].backward()
    plain = Value(1.0)
    nn.attention_weights([[plain]], [[5.0], [7.0]])[0][0].backward()
    assert query.grad == plain.grad
    assert {s.grad for s in mask} == {0.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.attention([[0.0]], [[1.0], [2.0]], [[1.0]]), "1 values for 2 keys"),
        (lambda: nn.attention([[0.0]], [[1.0]], [[1.0], [2.0]]), "2 values for 1 keys"),
        (lambda: nn.attention_weights([[]], [[]]), "vectors of at least one number"),
        (lambda: nn.attention_weights([[1.0]], []), "at least one key"),
        (lambda: nn.attention_weights([[1.0]], [[1.0]], []), "0 rows in the mask for 1 queries"),
        (
            lambda: nn.attention_weights([[1.0]], [[1.0]], [[]]),
            r"0 entries in mask\[0\] for 1 keys",
        ),
        (lambda: nn.MultiHeadAttention(4, 2)([]), "takes at least one vector"),
        (lambda: nn.MultiHeadAttention(4, 2)([[0.0] * 4], []), "at least one to look at"),
        (lambda: nn.MultiHeadAttention(4, 0), "heads must be a whole number from 1"),
    ],
)
def test_what_does_not_go_together_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_width_is_a_number():
    with pytest.raises(TypeError, match="width must be a whole number from 1, not 'a'"):
        nn.MultiHeadAttention("a", 2)


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
