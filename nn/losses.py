"""Losses: one number that says how wrong the outputs are, and penalties on the weights.

Each takes the outputs and the targets of a batch, nested alike, and gives the mean over all of
them; with a mask of the same nesting (True or a weight where it counts, False or 0 where not) the
weighted mean over those that count. Nothing overflows, at logits of a thousand neither.
`mean_squared_error`, `mean_absolute_error`, `huber` are for numbers; `hinge`,
`binary_cross_entropy_with_logits` for two classes; `cross_entropy` for several; `l1` and `l2`
measure the weights. All are made of operations that a compiler can trace: no branch on a Value.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

from autograd import Value, abs, dot, equal, logsumexp, mean, minimum, relu, softplus, square, sum
from autograd import where as choose
from nn.checks import is_list, is_place, limit

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "hinge", "huber", "l1", "l2"]
__all__ += ["is_a_mean", "mean_absolute_error", "mean_squared_error"]


def _is_list(tree: Any) -> bool:
    if isinstance(tree, (str, bytes, dict, set)):
        raise TypeError(f"a loss takes numbers, Values and nested lists of them, not {tree!r}")
    return is_list(tree)


def _flat(tree: Any) -> list[Any]:
    if not _is_list(tree):
        return [tree]
    return [x for item in tree for x in (_flat(item) if _is_list(item) else (item,))]


def _rows(tree: Any) -> list[Any]:
    """Return the innermost lists of a nested list; of an empty one none."""
    if _is_list(tree) and (not len(tree) or _is_list(tree[0])):
        return [row for item in tree for row in _rows(item)]
    return [tree]


def _pairs(outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    """Return (output, target) for each number; raise ValueError where there are not as many."""
    given, wanted = _flat(outputs), _flat(targets)
    return list(zip(given, _as_many(wanted, len(given), "targets"), strict=True))


def _as_many(items: list[Any], count: int, name: str) -> list[Any]:
    if len(items) != count:
        raise ValueError(f"there are {count} outputs and {len(items)} {name}: give one for each")
    return items


def _reduced(losses: list[Any], mask: Any) -> Any:
    """Return the mean of losses, or the weighted mean of those that the mask lets count."""
    if not losses:
        raise ValueError("a loss of no outputs: give at least one")
    if mask is None:
        return mean(losses)
    weights = [
        float(w) if isinstance(w, bool) else w
        for w in _as_many(_flat(mask), len(losses), "mask entries")
    ]
    kept = [choose(w, w * loss, 0.0) for w, loss in zip(weights, losses, strict=True)]
    total = sum(weights)
    return sum(kept) / choose(total, total, 1.0)


def mean_squared_error(outputs: Any, targets: Any, mask: Any = None) -> Any:
    """Return the mean of (output - target)**2.

    Args:
        outputs, targets: numbers or Values, or lists of them, nested alike.
        mask: nested alike: what counts, and how much.

    Raises ValueError where there are not as many of each.

    >>> mean_squared_error([Value(1.0), Value(4.0)], [1.0, 2.0])
    Value(data=2.0, grad=0.0)
    """
    return _reduced([square(x - t) for x, t in _pairs(outputs, targets)], mask)


def mean_absolute_error(outputs: Any, targets: Any, mask: Any = None) -> Any:
    """Return the mean of |output - target|; arguments as in `mean_squared_error`.

    >>> mean_absolute_error([1.0, 4.0], [1.0, 2.0], mask=[False, True])
    2.0
    """
    return _reduced([abs(x - t) for x, t in _pairs(outputs, targets)], mask)


def huber(outputs: Any, targets: Any, mask: Any = None, *, delta: float = 1.0) -> Any:
    """Return the mean of e**2 / 2 where |e| < delta, and delta * (|e| - delta / 2) beyond.

    As PyTorch's HuberLoss. Arguments as in `mean_squared_error`; raises ValueError where delta
    is not positive, TypeError where it is no number.

    >>> huber([0.5, 3.0], [0.0, 0.0])
    1.3125
    """
    if not limit(delta, "delta") > 0.0:
        raise ValueError(f"delta must be positive, not {delta!r}")
    errors = [abs(x - t) for x, t in _pairs(outputs, targets)]
    bent = [minimum(error, delta) for error in errors]
    return _reduced([b * (e - 0.5 * b) for e, b in zip(errors, bent, strict=True)], mask)


def hinge(scores: Any, targets: Any, mask: Any = None) -> Any:
    """Return the mean of max(0, 1 - target * score), with targets of 1 and -1.

    Arguments as in `mean_squared_error`; raises ValueError for a plain target that is neither.

    >>> hinge([0.5, 3.0], [1, 1])
    0.25
    """
    pairs = _pairs(scores, targets)
    for _, target in pairs:
        if not isinstance(target, Value) and target not in (1, -1):
            raise ValueError(f"hinge needs targets of 1 or -1, not {target!r}")
    return _reduced([relu(1.0 - target * score) for score, target in pairs], mask)


def binary_cross_entropy_with_logits(logits: Any, targets: Any, mask: Any = None) -> Any:
    """Return the mean of -t * log(sigmoid(x)) - (1 - t) * log(1 - sigmoid(x)), without overflow.

    Args:
        logits: what goes into the sigmoid, nested as in `mean_squared_error`.
        targets: probabilities of the class 1, most often 0 or 1.
        mask: what counts, and how much.

    Raises ValueError for a plain target outside [0, 1], or where there are not as many of each.

    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 1])
    500.0
    """
    pairs = _pairs(logits, targets)
    return _reduced([_binary(x, t) for x, t in pairs], mask)


def _binary(x: Any, target: Any) -> Any:
    """Return the loss of a logit; of a plain 0 or 1 by one term, as 0 times infinity is nan."""
    if not isinstance(target, Value):
        if not 0.0 <= target <= 1.0:
            raise ValueError("binary_cross_entropy_with_logits needs targets in [0, 1], not "
                             f"{target!r}")  # fmt: skip
        if target in (0.0, 1.0):
            return softplus(-x if target else x)
    return target * softplus(-x) + (1.0 - target) * softplus(x)


def cross_entropy(logits: Any, targets: Any, mask: Any = None) -> Any:
    """Return the mean of -log(softmax(logits)[target]), without overflow.

    Args:
        logits: a list of one score for each class, or nested lists of such.
        targets: the number of the right class from 0, one for each list of scores.
        mask: one for each target: what counts, and how much.

    Raises ValueError for a target that is no class, or where there are not as many of each.

    >>> cross_entropy([[1000.0, 0.0], [0.0, 0.0]], [0, 1])
    0.34657359027997264
    """
    rows = [list(row) for row in _rows(logits)]
    classes = _flat(targets)
    if len(classes) != len(rows) and len(_rows(targets)) == len(rows) and is_list(targets[0]):
        raise ValueError("a target is the number of the right class, from 0, not a list with a "
                         f"number for each, as {targets[0]!r}")  # fmt: skip
    classes = _as_many(classes, len(rows), "targets")
    pairs = zip(rows, classes, strict=True)
    return _reduced([logsumexp(_above(row, target)) for row, target in pairs], mask)


def _above(row: list[Any], target: Any) -> list[Any]:
    """Return how far each score is above that of the right class: so its digits are kept."""
    if isinstance(target, Value):  # a compiled fit, which knows the class at the call only
        right = [equal(target, float(i)) for i in range(len(row))]
        picked = row[-1]
        for is_right, x in zip(right[-2::-1], row[-2::-1], strict=True):
            picked = choose(is_right, x, picked)
        below = -picked
        return [choose(w, 0.0, _moved(x, below)) for w, x in zip(right, row, strict=True)]
    if not is_place(target, len(row)):
        raise ValueError(f"the target {target!r} is no class: there are {len(row)}, from 0")
    # With the sum, which is never chosen, the backward pass meets all scores in their order,
    # whichever is picked: a compiled fit adds up in that order too, to the same bits.
    met = sum([x for x in row if isinstance(x, Value)])
    below = -choose(False, met, row[int(target)])
    return [0.0 if i == target else _moved(x, below) for i, x in enumerate(row)]


def _moved(score: Any, below: Any) -> Any:
    """Return a score less that of the right class; a plain -inf, of what is no choice, stays."""
    return score if type(score) is float and score == -inf else below + score


def l1(parameters: Iterable[Any]) -> Any:
    """Return the sum of |p|: times a small number, a penalty that makes weights zero.

    >>> l1([1.0, -2.0])
    3.0
    """
    return sum([abs(p) for p in parameters])


def l2(parameters: Iterable[Any]) -> Any:
    """Return the sum of p**2: times a small number, a penalty that makes weights small.

    >>> l2([1.0, -2.0])
    5.0
    """
    listed = list(parameters)
    return dot(listed, listed)


_MEANS = [mean_squared_error, mean_absolute_error, huber, hinge, cross_entropy]
_MEANS += [binary_cross_entropy_with_logits]


def is_a_mean(loss: Any) -> bool:
    """Return whether a loss is one of these, which are means over the samples of a batch.

    >>> is_a_mean(hinge), is_a_mean(lambda outputs, targets: hinge(outputs, targets))
    (True, False)
    """
    return any(loss is each for each in _MEANS)
