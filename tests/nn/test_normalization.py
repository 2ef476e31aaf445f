import pytest

import nn
from autograd import check_gradients
from nn import LayerNorm, RMSNorm


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_gradients_by_differences(kind):
    layer = kind(3)
    check_gradients(
        lambda x: sum((i + 1) * v for i, v in enumerate(layer(x))), ([0.3, -1.1, 0.8],), order=1
    )


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_the_size_of_the_input_does_not_matter(kind):
    small, large = kind(3)([0.3, -1.1, 0.8]), kind(3)([300.0, -1100.0, 800.0])
    assert [v.data for v in small] == pytest.approx([v.data for v in large], rel=1e-4)
    assert kind(3)([0.0, 0.0, 0.0])[0].data == 0.0


def test_what_print_shows():
    assert [repr(nn.LayerNorm(4)), repr(nn.RMSNorm(4))] == ["LayerNorm(4)", "RMSNorm(4)"]


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0, 3.0]])
def test_a_vector_of_another_size(kind, x):
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(2\) takes 2 numbers, not {len(x)}"):
        kind(2)(x)


def test_a_width_is_needed():
    with pytest.raises(ValueError, match="width must be"):
        LayerNorm(0)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_eps_is_above_zero(kind):
    for eps in (0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="eps must be above 0, not"):
            kind(2, eps)
    with pytest.raises(TypeError, match="eps must be a number, not 'a'"):
        kind(2, "a")
