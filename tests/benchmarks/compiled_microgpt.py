"""microgpt's training step: one transformer layer, 16 wide, 4 heads, a name of 8 tokens.

4,192 parameters as one list of numbers, in and out. The network is written twice: with this
package's functions of many operands, and with the operators of Value alone, as microgpt has it.
`lanes` trains on 8 names at once: their letters come in as rows of zeros and a one.
"""

import random
from array import array
from collections.abc import Callable
from functools import reduce
from typing import Any

import autograd
from contest import Row, Work, agree, clocked, compete, in_turns
from side_by_side import shown

LETTERS, WIDTH, HEADS, PLACES, TOKENS, NAMES = 27, 16, 4, 16, 8, 8
DEPTH = WIDTH // HEADS
NAME = [26, 4, 12, 8, 11, 24, 13, 0, 26]  # a mark, seven letters, a mark: 8 to read, 8 to tell
SHAPES = {
    "letter": (LETTERS, WIDTH), "place": (PLACES, WIDTH), "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "join": (WIDTH, WIDTH),
    "wide": (4 * WIDTH, WIDTH), "narrow": (WIDTH, 4 * WIDTH), "head": (LETTERS, WIDTH),
}  # fmt: skip
COUNT = sum(rows * columns for rows, columns in SHAPES.values())

Matrix = list[Any]


def parameters() -> array:
    """Return the numbers that the training begins with."""
    draw = random.Random(42).gauss
    return array("d", [draw(0.0, 0.08) for _ in range(COUNT)])


def matrices(parameters: Any) -> dict[str, Matrix]:
    """Cut a list of parameters into matrices: lists of rows."""
    found, numbers = {}, iter(parameters)
    for name, (rows, columns) in SHAPES.items():
        found[name] = [[next(numbers) for _ in range(columns)] for _ in range(rows)]
    return found


class Functions:
    """The mathematics of the network in functions of many operands, each one node."""

    dot = staticmethod(autograd.dot)
    softmax = staticmethod(autograd.softmax)

    @staticmethod
    def surprise(scores: list[Any], target: int) -> Any:
        """Return -log of the probability of a letter."""
        return autograd.logsumexp(scores) - scores[target]


class Operators:
    """The same with the operators of Value, as microgpt writes it."""

    @staticmethod
    def dot(xs: list[Any], ys: list[Any]) -> Any:
        """Return the sum of products."""
        return sum((x * y for x, y in zip(xs, ys, strict=True)), 0.0)

    @staticmethod
    def softmax(xs: list[Any]) -> list[Any]:
        """Return the weights; the maximum takes no gradient."""
        top = reduce(autograd.maximum, xs).detach()
        terms = [autograd.exp(x - top) for x in xs]
        total = sum(terms)
        return [term / total for term in terms]

    @classmethod
    def surprise(cls, scores: list[Any], target: int) -> Any:
        """Return -log of the probability of a letter."""
        return -autograd.log(cls.softmax(scores)[target])


class Network:
    """microgpt's network over one of the two ways to write its mathematics."""

    def __init__(self, maths: Any, weights: dict[str, Matrix]) -> None:
        self.maths = maths
        self.weights = weights
        self.keys: Matrix = []
        self.values: Matrix = []

    def linear(self, name: str, x: list[Any]) -> list[Any]:
        """Return a matrix times a vector."""
        return [self.maths.dot(row, x) for row in self.weights[name]]

    def normal(self, x: list[Any]) -> list[Any]:
        """Return a vector divided by its root mean square."""
        scale = (self.maths.dot(x, x) / len(x) + 1e-5) ** -0.5
        return [a * scale for a in x]

    def attention(self, x: list[Any]) -> list[Any]:
        """Return what each head reads from the places so far."""
        query = self.linear("query", x)
        self.keys.append(self.linear("key", x))
        self.values.append(self.linear("value", x))
        read: list[Any] = []
        for start in range(0, WIDTH, DEPTH):
            part = slice(start, start + DEPTH)
            scores = [self.maths.dot(query[part], key[part]) / DEPTH**0.5 for key in self.keys]
            shares = self.maths.softmax(scores)
            columns = zip(*(value[part] for value in self.values), strict=True)
            read += [self.maths.dot(shares, column) for column in columns]
        return self.linear("join", read)

    def scores(self, letter: list[Any], place: list[Any]) -> list[Any]:
        """Return a score for each letter that may come next."""
        x = self.normal([a + b for a, b in zip(letter, place, strict=True)])
        x = [a + b for a, b in zip(self.attention(self.normal(x)), x, strict=True)]
        wide = [autograd.relu(a) for a in self.linear("wide", self.normal(x))]
        x = [a + b for a, b in zip(self.linear("narrow", wide), x, strict=True)]
        return self.linear("head", x)


def one_name(maths: Any) -> Callable[[Any], Any]:
    """Return the loss on one name as a function of the parameters."""

    def loss(parameters: Any) -> Any:
        weights = matrices(parameters)
        network = Network(maths, weights)
        losses = []
        for i in range(TOKENS):
            scores = network.scores(weights["letter"][NAME[i]], weights["place"][i])
            losses.append(maths.surprise(scores, NAME[i + 1]))
        return sum(losses) * (1.0 / TOKENS)

    return loss


def any_name(parameters: Any, letters: Any, targets: Any) -> Any:
    """Return the loss on a name that comes in as rows of zeros and a one."""
    weights = matrices(parameters)
    network = Network(Functions, weights)
    losses = []
    for i in range(TOKENS):
        columns = zip(*weights["letter"], strict=True)
        letter = [autograd.dot(column, letters[i]) for column in columns]
        scores = network.scores(letter, weights["place"][i])
        losses.append(autograd.logsumexp(scores) - autograd.dot(scores, targets[i]))
    return autograd.mean(losses)


def compiled(maths: Any) -> Callable[[], Work]:
    """Return what compiles the step on one name; its work fills buffers."""

    def prepare() -> Work:
        numbers, out = parameters(), array("d", bytes(8 * (1 + COUNT)))
        fast = autograd.compile(autograd.value_and_grad(one_name(maths)))
        return lambda: fast(numbers, out=out)

    return prepare


def eager(maths: Any) -> Callable[[], Work]:
    """Return the step on Values."""
    step, numbers = autograd.value_and_grad(one_name(maths)), list(parameters())
    return lambda: lambda: step(numbers)


def jax() -> Work:
    """Return the step of jax.jit on vectors, one thread."""
    import jax
    import jax.numpy as jnp

    start, weights, numbers = 0, {}, jnp.asarray(parameters())
    for name, (rows, columns) in SHAPES.items():
        weights[name] = (slice(start, start + rows * columns), (rows, columns))
        start += rows * columns
    mask = jnp.tril(jnp.ones((TOKENS, TOKENS)))
    read, told = jnp.array(NAME[:-1]), jnp.array(NAME[1:])

    def normal(x: Any) -> Any:
        return x * ((x * x).mean(axis=1, keepdims=True) + 1e-5) ** -0.5

    def heads(x: Any) -> Any:
        return x.reshape(TOKENS, HEADS, DEPTH).transpose(1, 0, 2)

    @jax.jit
    @jax.value_and_grad
    def step(flat: Any) -> Any:
        w = {name: flat[part].reshape(shape) for name, (part, shape) in weights.items()}
        x = normal(w["letter"][read] + w["place"][:TOKENS])
        h = normal(x)
        q, k, v = (heads(h @ w[name].T) for name in ("query", "key", "value"))
        scores = jnp.where(mask > 0, q @ k.transpose(0, 2, 1) / DEPTH**0.5, -jnp.inf)
        mixed = (jax.nn.softmax(scores, axis=-1) @ v).transpose(1, 0, 2).reshape(TOKENS, WIDTH)
        x = x + mixed @ w["join"].T
        x = x + jnp.maximum(normal(x) @ w["wide"].T, 0.0) @ w["narrow"].T
        chances = jax.nn.log_softmax(x @ w["head"].T, axis=-1)
        return -chances[jnp.arange(TOKENS), told].mean()

    return lambda: jax.block_until_ready(step(numbers))


def names() -> tuple[Any, Any]:
    """Return the letters of 8 names to read and to tell: buffers with a shape, zeros and ones."""
    draw = random.Random(7).randrange
    size = NAMES * TOKENS * LETTERS
    read, told = array("d", bytes(8 * size)), array("d", bytes(8 * size))
    for name in range(NAMES):
        letters = [LETTERS - 1, *(draw(LETTERS - 1) for _ in range(TOKENS - 1)), LETTERS - 1]
        for i in range(TOKENS):
            row = (name * TOKENS + i) * LETTERS
            read[row + letters[i]] = told[row + letters[i + 1]] = 1.0
    shape = [NAMES, TOKENS, LETTERS]
    return memoryview(read).cast("B").cast("d", shape), memoryview(told).cast("B").cast("d", shape)


def in_lanes() -> tuple[Work, Work]:
    """Return the step on 8 names in lanes, and the same on Values."""
    numbers, out = parameters(), array("d", bytes(8 * (1 + COUNT)))
    read, told = names()
    step = autograd.value_and_grad(any_name)
    fast = autograd.compile(step, batch=("letters", "targets"), reduce="mean")

    def work() -> Any:
        return fast(numbers, letters=read, targets=told, out=out)

    def slow() -> Any:
        pairs = zip(read.tolist(), told.tolist(), strict=True)
        found = [step(list(numbers), x, y) for x, y in pairs]
        gradients = zip(*(gradient for _, gradient in found), strict=True)
        return sum(value for value, _ in found) / NAMES, [sum(g) / NAMES for g in gradients]

    return work, slow


def one(title: str, maths: Any, repeats: int) -> Row:
    """Compare the step on one name, and time the first result in a fresh compilation."""
    ours = compiled(maths)
    first = clocked(ours())
    contenders = {"autograd": ours, "jax.jit": jax, "eager": eager(maths)}
    medians = compete(contenders, repeats)
    met = medians["autograd"] <= 150e-6 and first <= 6.0
    note = f"; first result after {shown(first)}"
    return Row(f"microgpt's step, {title}", "150 us; 6 s to the first result", medians, met, note)


def eight(repeats: int) -> Row:
    """Time 8 names in lanes, for each name."""
    work, slow = in_lanes()
    first = clocked(work)
    agree({"eager": slow, "lanes": work}, 1e-9)
    seconds = in_turns({"lanes": work}, repeats)["lanes"] / NAMES
    note = f"; first result after {shown(first)}"
    title = "microgpt's step, 8 names in lanes, a name"
    return Row(title, "40 us", {"autograd": seconds}, seconds <= 40e-6, note)


def rows(repeats: int) -> list[Row]:
    """Return the lines of the table."""
    ways = {"functions": Functions, "operators": Operators}
    return [*(one(title, maths, repeats) for title, maths in ways.items()), eight(repeats)]
