import random

import pytest

import nn
from autograd import Value, check_gradients, relu, tanh
from nn import Dropout, Each, Embedding, Flatten, Linear, Sequential, predict


def test_linear_is_one_node_for_each_output():
    assert [v.op for v in Linear(3, 2, seed=0)([1.0, 2.0, 3.0])] == ["dot", "dot"]
    layer = Linear(2, 1, bias=False, seed=0)
    assert layer([1.0, 0.0])[0].data == layer.weight[0][0].data
    assert len(layer.parameters()) == 2


def test_embedding_takes_numbers_and_values():
    layer = Embedding(5, 3, seed=0)
    for symbol in range(5):
        assert [v.data for v in layer(symbol)] == [w.data for w in layer.weight[symbol]]
        assert [v.parents for v in layer(symbol)] == [(w,) for w in layer.weight[symbol]]
        assert [v.data for v in layer(Value(symbol))] == [v.data for v in layer(symbol)]
    for symbol in (-1, 5, 0.5, "a", None):
        with pytest.raises(IndexError, match="is no symbol: there are 5"):
            layer(symbol)


def test_each_keeps_the_nesting():
    assert Each(relu)([[1.0, [-2.0]], 3.0]) == [[1.0, [0.0]], 3.0]
    assert repr(Each(tanh)) == "Each(tanh)"


def test_dropout_keeps_the_mean_and_is_off_in_use():
    layer = Dropout(0.25, seed=0)
    found = layer([1.0] * 4000)
    assert set(found) == {0.0, 4 / 3}
    assert sum(found) / 4000 == pytest.approx(1.0, abs=0.03)
    assert layer.eval()([1.0, 2.0]) == [1.0, 2.0]


def test_dropout_is_drawn_from_what_it_is_given():
    assert Dropout(seed=3)([1.0] * 9) == Dropout(rng=random.Random(3))([1.0] * 9)
    random.seed(1)
    first = Dropout()([1.0] * 40)
    random.seed(1)
    assert Dropout()([1.0] * 40) == first


def test_dropout_takes_a_mask():
    x = Value(3.0)
    assert Dropout(0.5, seed=0)([[x, 2.0]], mask=[[0.0, 2.0]])[0][1] == 4.0


def test_dropout_trains_and_resumes(tmp_path):
    def trained(epochs, **options):
        rng = random.Random(0)
        model = Sequential(Linear(2, 8, rng=rng), Each("tanh"), Dropout(0.3, rng=rng),
                           Linear(8, 1, rng=rng))  # fmt: skip
        xs = [[i / 5, 1 - i / 7] for i in range(10)]
        options |= {"optimizer": nn.Adam(model.parameters(), lr=0.02), "progress": False}
        nn.fit(model, xs, [[x[0] * x[1]] for x in xs], loss=nn.mean_squared_error, batch_size=4,
               rng=random.Random(5), epochs=epochs, **options)  # fmt: skip
        return model.state_dict(), predict(model, xs)

    trained(3, callbacks=[nn.Checkpoint(tmp_path / "c.json")])
    resumed = trained(6, resume=tmp_path / "c.json", callbacks=[lambda t: None])
    assert resumed == trained(6)


def test_sequential_is_a_module_of_its_parts():
    model = Sequential(Linear(2, 3, seed=0), Each("relu"), Flatten(), Dropout(0.5, seed=1), sum)
    assert [name for name, _ in model.named_modules()] == [
        *("", "parts.0", "parts.1", "parts.2", "parts.3"),
    ]
    assert len(model.parameters()) == 9
    assert repr(model) == ("Sequential(Linear(2, 3), Each(relu), Flatten(), Dropout(0.5), sum)")


def test_gradients_by_differences():
    model = Sequential(Linear(3, 2, seed=0), Each("gelu"), Linear(2, 1, seed=1))
    check_gradients(lambda x: model(x)[0], ([0.3, -1.1, 0.8],), order=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(2, 1, seed=0)([1.0]), r"Linear\(2, 1\) takes 2 inputs, not 1"),
        (lambda: Linear(0, 1), "nin must be"),
        (lambda: Dropout(1.0), r"p must be in \[0, 1\)"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_print_shows():
    assert repr(Linear(2, 3, bias=False)) == "Linear(2, 3, bias=False)"
    assert repr(Embedding(3, 2)) == "Embedding(3, 2)"


def test_added():
    assert nn.added([1.0], [2.0]) == [3.0]


def test_dropout_draws_for_each_number_of_an_array():
    numpy = pytest.importorskip("numpy")
    numbers = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert Dropout(0.5, seed=0)(numpy.array(numbers)) == Dropout(0.5, seed=0)(numbers)
    assert Dropout(0.5, seed=0)(list(numpy.array(numbers[0]))) == Dropout(0.5, seed=0)(numbers[0])


@pytest.mark.parametrize(("p", "kind"), [(1.0, ValueError), (-0.1, ValueError), ("a", TypeError)])
def test_what_is_dropped_is_a_share(p, kind):
    with pytest.raises(kind, match=r"^p must be (in \[0, 1\)|a number), not"):
        Dropout(p)


def test_the_parts_of_a_sequence_are_called():
    with pytest.raises(TypeError, match=r"a list as Sequential\(\*parts\), not \[Linear"):
        Sequential([Linear(1, 1, seed=0)])
