"""Convolution and pooling, along a line and in the plane.

A sample is a list of channels: `[channel][position]` for `Conv1d`, `MaxPool1d` and `AvgPool1d`,
`[channel][row][column]` for `Conv2d`, `MaxPool2d` and `AvgPool2d`, as in PyTorch without a batch.
Each output of a convolution is one dot node; what a window has beyond the border is left out, which
is the same as zeros there.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import reduce
from typing import Any

from autograd import Value, dot, maximum, mean
from nn.checks import is_list, positive
from nn.initializers import Initializer, fan_in_uniform, generator, initializer_named
from nn.layers import drawn
from nn.module import Module

__all__ = ["AvgPool1d", "AvgPool2d", "Conv1d", "Conv2d", "MaxPool1d", "MaxPool2d"]

Pair = int | tuple[int, int]


def _windows(size: int, kernel: int, stride: int, padding: int) -> list[list[tuple[int, int]]]:
    """Return, for each place of a window, (place in the kernel, place in the input) inside."""
    starts = range(-padding, size + padding - kernel + 1, stride)
    if not starts:
        raise ValueError(f"a window of {kernel} does not fit into {size} with padding {padding}")
    return [[(k, i + k) for k in range(kernel) if 0 <= i + k < size] for i in starts]


def _pair(size: Pair, what: str, least: int = 1) -> tuple[int, int]:
    """Return a size down and one across; raise TypeError or ValueError for what is none."""
    sizes = size if isinstance(size, (tuple, list)) else (size, size)
    if len(sizes) != 2:
        raise ValueError(f"{what} is one number, or two as (down, across), not {size!r}")
    down, across = (positive(number, what, least) for number in sizes)
    return down, across


def _sizes(x: Any, layer: Module, places: str, channels: int | None = None) -> tuple[int, ...]:
    """Return the sizes of a channel; raise ValueError where channels or rows differ in theirs."""
    try:
        count, *sizes = _shape(x, 1 + places.count("["))
    except ValueError:
        raise ValueError(f"{layer!r} takes lists of numbers, as [channel]{places}, of one length "
                         "on each level") from None  # fmt: skip
    if channels not in (None, count):
        raise ValueError(f"{layer!r} takes {channels} channels, not {count}")
    return tuple(sizes)


def _shape(tree: Any, depth: int) -> tuple[int, ...]:
    """Return the lengths of lists nested so deep; raise ValueError for another depth or others."""
    if not is_list(tree) or not len(tree):
        raise ValueError
    if depth == 1:  # of numbers the first speaks for all
        if is_list(tree[0]):
            raise ValueError
        return (len(tree),)
    shape, *others = {_shape(item, depth - 1) for item in tree}
    if others:
        raise ValueError
    return len(tree), *shape


class Conv1d(Module):
    """A convolution along a line.

    Args:
        nin, nout: the numbers of channels that go in and come out.
        kernel_size: the width of the window; `stride` between windows; `padding` at both ends.
        initializer: draws the weights; `seed` or `rng`: where from.

    Raises ValueError for a window that does not fit, other channels, and lists of several lengths.

    >>> layer = Conv1d(1, 1, 2).load_state_dict({"weight": [[[1.0, 10.0]]], "bias": [0.0]})
    >>> [value.data for value in layer([[1.0, 2.0, 3.0]])[0]]
    [21.0, 32.0]
    """

    def __init__(
        self, nin: int, nout: int, kernel_size: int, *, stride: int = 1, padding: int = 0,
        initializer: str | Initializer = fan_in_uniform, seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        source, draw = generator(seed, rng), initializer_named(initializer)
        self.nin, self.nout = positive(nin, "nin"), positive(nout, "nout")
        self.kernel_size = positive(kernel_size, "kernel_size")
        self.stride = positive(stride, "stride")
        self.padding = positive(padding, "padding", 0)
        sizes = (nin * kernel_size, nout * kernel_size)
        self.weight = [drawn(nin, kernel_size, lambda: draw(source, *sizes)) for _ in range(nout)]
        self.bias = [Value(0.0) for _ in range(nout)]

    def __call__(self, x: Any) -> list[list[Value]]:
        """Return nout channels for nin channels of numbers or Values."""
        (size,) = _sizes(x, self, "[position]", self.nin)
        windows = _windows(size, self.kernel_size, self.stride, self.padding)
        patches = [[1.0, *(line[i] for line in x for _, i in window)] for window in windows]
        return [
            [dot([b, *(line[k] for line in kernel for k, _ in window)], patch)
             for window, patch in zip(windows, patches, strict=True)]
            for b, kernel in zip(self.bias, self.weight, strict=True)
        ]  # fmt: skip

    def __repr__(self) -> str:
        return f"Conv1d({self.nin}, {self.nout}, {self.kernel_size})"


class Conv2d(Module):
    """A convolution in the plane.

    Args: as for `Conv1d`; sizes are numbers or pairs (down, across).

    >>> layer = Conv2d(1, 1, 2).load_state_dict({"weight": [[[[1, 0], [0, 1]]]], "bias": [0.0]})
    >>> layer([[[1.0, 2.0], [3.0, 4.0]]])[0][0][0].data
    5.0
    """

    def __init__(
        self, nin: int, nout: int, kernel_size: Pair, *, stride: Pair = 1, padding: Pair = 0,
        initializer: str | Initializer = fan_in_uniform, seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        source, draw = generator(seed, rng), initializer_named(initializer)
        self.nin, self.nout = positive(nin, "nin"), positive(nout, "nout")
        self.kernel_size = height, width = _pair(kernel_size, "kernel_size")
        self.stride, self.padding = _pair(stride, "stride"), _pair(padding, "padding", 0)
        sizes = (nin * height * width, nout * height * width)
        self.weight = [
            [drawn(height, width, lambda: draw(source, *sizes)) for _ in range(nin)]
            for _ in range(nout)
        ]
        self.bias = [Value(0.0) for _ in range(nout)]

    def __call__(self, x: Any) -> list[list[list[Value]]]:
        """Return nout channels for nin channels of rows of numbers or Values."""
        size = _sizes(x, self, "[row][column]", self.nin)
        down, across = map(_windows, size, self.kernel_size, self.stride, self.padding)
        places = [
            [[(k, l, i, j) for k, i in rows for l, j in columns] for columns in across]
            for rows in down
        ]
        patches = [
            [[1.0, *(plane[i][j] for plane in x for _, _, i, j in cells)] for cells in line]
            for line in places
        ]
        return [
            [[dot([b, *(plane[k][l] for plane in kernel for k, l, _, _ in cells)], patch)
              for cells, patch in zip(*lines, strict=True)]
             for lines in zip(places, patches, strict=True)]
            for b, kernel in zip(self.bias, self.weight, strict=True)
        ]  # fmt: skip

    def __repr__(self) -> str:
        return f"Conv2d({self.nin}, {self.nout}, {self.kernel_size})"


class _Pool1d(Module):
    """The largest, or the mean, of each window along a line.

    Args:
        kernel_size: the width of the window; `stride` between windows, the same if not given.
    """

    def __init__(self, kernel_size: int, stride: int | None = None) -> None:
        self.kernel_size = positive(kernel_size, "kernel_size")
        self.stride = kernel_size if stride is None else positive(stride, "stride")

    def __call__(self, x: Any) -> list[list[Any]]:
        """Return as many channels, shorter."""
        (size,) = _sizes(x, self, "[position]")
        windows = _windows(size, self.kernel_size, self.stride, 0)
        return [[self.pooled([line[i] for _, i in window]) for window in windows] for line in x]

    pooled: Callable[[list[Any]], Any]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kernel_size}, {self.stride})"


class _Pool2d(Module):
    """The largest, or the mean, of each window in the plane.

    Args: as for one dimension; sizes are numbers or pairs (down, across).
    """

    def __init__(self, kernel_size: Pair, stride: Pair | None = None) -> None:
        self.kernel_size = _pair(kernel_size, "kernel_size")
        self.stride = self.kernel_size if stride is None else _pair(stride, "stride")

    def __call__(self, x: Any) -> list[list[list[Any]]]:
        """Return as many channels, smaller."""
        size = _sizes(x, self, "[row][column]")
        rows, columns = map(_windows, size, self.kernel_size, self.stride, (0, 0))
        return [
            [
                [self.pooled([plane[i][j] for _, i in r for _, j in c]) for c in columns]
                for r in rows
            ]
            for plane in x
        ]

    pooled: Callable[[list[Any]], Any]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kernel_size}, {self.stride})"


def _largest(window: list[Any]) -> Any:
    return reduce(maximum, window)


class MaxPool1d(_Pool1d):
    """The largest of each window along a line; of equal ones each gets a share of the gradient.

    >>> MaxPool1d(2)([[1.0, 3.0, 2.0, 0.0]])
    [[3.0, 2.0]]
    """

    pooled = staticmethod(_largest)


class AvgPool1d(_Pool1d):
    """The mean of each window along a line.

    >>> AvgPool1d(2)([[1.0, 3.0, 2.0, 0.0]])
    [[2.0, 1.0]]
    """

    pooled = staticmethod(mean)


class MaxPool2d(_Pool2d):
    """The largest of each window in the plane; of equal ones each gets a share of the gradient.

    >>> MaxPool2d(2)([[[1.0, 3.0], [2.0, 0.0]]])
    [[[3.0]]]
    """

    pooled = staticmethod(_largest)


class AvgPool2d(_Pool2d):
    """The mean of each window in the plane.

    >>> AvgPool2d(2)([[[1.0, 3.0], [2.0, 0.0]]])
    [[[1.5]]]
    """

    pooled = staticmethod(mean)
