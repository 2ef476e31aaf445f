"""Optimizers: from a gradient to better parameters, by PyTorch's formulas, names and defaults.

`SGD` (momentum, Nesterov, weight decay), `RMSprop`, `Adagrad`, `Adam` and `AdamW`. Each is one
formula on scalars, its method `update`; `Optimizer` does the rest. Where eps is 0 and a gradient
too, 0 / 0 is nan, as in PyTorch and in compiled code: `divide` does not raise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import Value, equal, maximum, sqrt, where
from autograd.numbers.floats import divide
from nn.optimizer import Optimizer, check_options

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum (Polyak), Nesterov's too, and weight decay.

    Args: as PyTorch's `torch.optim.SGD`; see `Optimizer`.

    >>> x = Value(1.0)
    >>> SGD([x], lr=0.1, momentum=0.9).update(1.0, 2.0, 0.5, step=2, lr=0.1)
    (0.755, 2.45)
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, *, momentum: float = 0.0,
        dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, maximize=maximize)
        check_options(momentum=momentum, weight_decay=weight_decay, dampening=dampening)
        if nesterov and (momentum <= 0.0 or dampening != 0.0):
            raise ValueError("Nesterov's momentum needs a momentum and no dampening")
        self.momentum, self.dampening = momentum, dampening
        self.weight_decay, self.nesterov = weight_decay, nesterov
        self._begin(**({"momentum_buffer": 0.0} if momentum else {}))

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        if not state:
            return (parameter - lr * gradient,)
        velocity = self.momentum * state[0] + (1.0 - self.dampening) * gradient
        if self.dampening:
            velocity = where(equal(step, 1.0), gradient, velocity)
        direction = gradient + self.momentum * velocity if self.nesterov else velocity
        return parameter - lr * direction, velocity


class RMSprop(Optimizer):
    """Divide the gradient by the root of a running mean of its square (Hinton, 2012).

    Args: as PyTorch's `torch.optim.RMSprop`; see `Optimizer`.

    >>> RMSprop([Value(1.0)]).lr
    0.01
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-2, *, alpha: float = 0.99,
        eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
        centered: bool = False, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, maximize=maximize)
        check_options(alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        self.alpha, self.eps, self.weight_decay = alpha, eps, weight_decay
        self.momentum, self.centered = momentum, centered
        names = ["square_avg"] + ["grad_avg"] * bool(centered)
        names += ["momentum_buffer"] * (momentum > 0.0)
        self._begin(**dict.fromkeys(names, 0.0))

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        square = self.alpha * state[0] + (1.0 - self.alpha) * gradient * gradient
        kept = [square]
        if self.centered:
            kept.append(state[1] + (1.0 - self.alpha) * (gradient - state[1]))
            square = square - kept[1] * kept[1]
        direction = divide(gradient, sqrt(square) + self.eps)
        if self.momentum:
            direction = self.momentum * state[-1] + direction
            kept.append(direction)
        return parameter - lr * direction, *kept


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of its squares (Duchi et al., 2011).

    Args: as PyTorch's `torch.optim.Adagrad`; see `Optimizer`.

    >>> Adagrad([Value(1.0)]).state
    {'sum': [0.0]}
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-2, *, lr_decay: float = 0.0,
        weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, maximize=maximize)
        check_options(lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        check_options(initial_accumulator_value=initial_accumulator_value)
        self.lr_decay, self.weight_decay, self.eps = lr_decay, weight_decay, eps
        self._begin(sum=initial_accumulator_value)

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        rate = lr / (1.0 + (step - 1.0) * self.lr_decay)
        total = state[0] + gradient * gradient
        return parameter - divide(rate * gradient, sqrt(total) + self.eps), total


class Adam(Optimizer):
    """Divide a running mean of the gradient by the root of one of its square (Kingma and Ba, 2015).

    Args: as PyTorch's `torch.optim.Adam`; see `Optimizer`.

    >>> Adam([Value(1.0)]).state
    {'exp_avg': [0.0], 'exp_avg_sq': [0.0]}
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, *,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0,
        amsgrad: bool = False, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, maximize=maximize)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"betas must be two numbers, as (0.9, 0.999), not {betas!r}")
        check_options(beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay)
        self.betas, self.eps, self.weight_decay, self.amsgrad = betas, eps, weight_decay, amsgrad
        largest = {"max_exp_avg_sq": 0.0} if amsgrad else {}
        self._begin(exp_avg=0.0, exp_avg_sq=0.0, **largest)

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        return self._moved(parameter, gradient, state, step, lr)

    def _moved(self, parameter: Any, gradient: Any, state: Any, step: Any, lr: Any) -> Any:
        beta1, beta2 = self.betas
        mean = state[0] + (1.0 - beta1) * (gradient - state[0])
        square = beta2 * state[1] + (1.0 - beta2) * gradient * gradient
        kept = (maximum(state[2], square),) if self.amsgrad else ()
        root = sqrt(kept[0] if kept else square) / sqrt(1.0 - beta2**step)
        moved = parameter - divide(lr / (1.0 - beta1**step) * mean, root + self.eps)
        return moved, mean, square, *kept


class AdamW(Adam):
    """Adam with a weight decay that acts on the parameter itself (Loshchilov and Hutter, 2019).

    Args: as PyTorch's `torch.optim.AdamW`; see `Optimizer`.

    >>> AdamW([Value(1.0)]).weight_decay
    0.01
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, *,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
        amsgrad: bool = False, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
            maximize=maximize,
        )  # fmt: skip

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        parameter = parameter * (1.0 - lr * self.weight_decay)
        return self._moved(parameter, gradient, state, step, lr)
