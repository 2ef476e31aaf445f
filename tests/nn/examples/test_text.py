"""Letters as numbers, and the network over them."""

import pytest

from nn import cross_entropy
from nn.examples.text import Alphabet, TextCNN


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("ab", [1, 4, 5, 2, 0, 0]), ("", [1, 2, 0, 0, 0, 0]), ("ax", [1, 4, 3, 2, 0, 0]),
     ("abab", [1, 4, 5, 4, 5, 2]), ("babab", [5, 4, 5, 4, 5, 2])],
)  # fmt: skip
def test_texts_as_numbers(text, numbers):
    assert Alphabet(["ab", "ba"], length=6).numbers(text) == numbers


def test_rare_letters_share_a_number():
    alphabet = Alphabet(["aab", "bac"], length=5, often=2)
    assert alphabet.letters == ["a", "b"]
    assert alphabet.numbers("c") == [1, 3, 2, 0, 0]


def test_every_part_of_the_network_is_reached_by_the_loss():
    alphabet = Alphabet(["anna", "otto"], length=6)
    model = TextCNN(alphabet, width=3, filters=8, window=3, classes=2, seed=0)
    texts = [alphabet.numbers(text) for text in ("anna", "otto")]
    cross_entropy([model(text) for text in texts], [1, 0]).backward()
    layers = (model.embedding, model.convolution, model.scores)
    assert all(any(p.grad for p in layer.parameters()) for layer in layers)
