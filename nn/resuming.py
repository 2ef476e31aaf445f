"""Whether a checkpoint fits the call that resumes it, said in words before anything is changed.

`check_content` takes the content of a checkpoint and that of the training that is to go on from it,
both as `Training.state_dict` gives them: nothing that the call asks for is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from nn.callbacks import Callback
from nn.files import is_count, is_number

__all__ = ["check_content", "keepers"]

_ANEW = "or train anew, without resume="


def keepers(callbacks: Sequence[Callback]) -> list[Callback]:
    """Return the callbacks that keep a state: a checkpoint has theirs, others may come and go."""
    return [each for each in callbacks if _keeps(each)]


def _keeps(callback: Callback) -> bool:
    """Return whether a `state_dict` of its own, of the class or the object, says what to keep."""
    return getattr(callback.state_dict, "__func__", None) is not Callback.state_dict


def check_content(content: dict[str, Any], call: dict[str, Any]) -> None:
    """Raise ValueError for a checkpoint that is broken, or of another training than the call's.

    What is in the states of model, optimizer, schedule and callbacks is left to them.
    """
    _check_figures(content)
    _check_samples(content, call)
    _check_metrics(content["metrics"], call["metrics"])
    _check_schedule(content["schedule_name"], call["schedule_name"])
    _check_callbacks(*[[each["callback"] for each in x["callbacks"]] for x in (content, call)])
    _check_generators(len(content["generators"]), len(call["generators"]))


def _check_figures(content: dict[str, Any]) -> None:
    """Raise ValueError for an entry of a checkpoint, but those of its parts, that is broken."""
    samples = content["order"] + content["held_back"]
    sound = {
        "epoch": is_count(content["epoch"]),
        "history": all(map(is_number, chain.from_iterable(content["history"].values()))),
        "order": all(map(is_count, content["order"])),
        "held_back": all(map(is_count, content["held_back"])),
        "order with held_back": sorted(samples) == list(range(len(samples))),
    }
    if broken := next((name for name, fine in sound.items() if not fine), ""):
        shown = repr(content.get(broken, samples))
        raise ValueError(f"the checkpoint is broken: its {broken} is {shown[:60]}")


def _check_samples(content: dict[str, Any], call: dict[str, Any]) -> None:
    """Raise ValueError for other samples, or others held back."""
    (was, before), (asked, now) = _samples(content), _samples(call)
    if was != asked:
        raise ValueError(f"the checkpoint is of a training with {was} ({before}), and this call "
                         f"asks for {asked} ({now}): give {was} to go on, {_ANEW}")  # fmt: skip
    if before != now:
        raise ValueError(f"the checkpoint is of a training on {before}, but given are {now}: give "
                         f"the same samples, {_ANEW}")  # fmt: skip


def _samples(content: dict[str, Any]) -> tuple[str, str]:
    """Return how samples were held back, and how many there are."""
    counts = f"{len(content['order'])} samples and {len(content['held_back'])} held back"
    return f"validation={content['validation']}", counts


def _check_metrics(before: Sequence[str], now: Sequence[str]) -> None:
    """Raise ValueError for other metrics: a history has one number for each epoch."""
    if sorted(before) != sorted(now):
        raise ValueError(f"the checkpoint has the metrics [{', '.join(before)}], and this call "
                         f"[{', '.join(now)}]: give the same, since a history has one number of "
                         f"each for every epoch, {_ANEW}")  # fmt: skip


def _check_schedule(before: str, now: str) -> None:
    """Raise ValueError where a schedule would be dropped, or begin in the middle."""
    if before != now:
        cure = f"give schedule={before}(...)" if before else "leave schedule= out"
        raise ValueError(f"the checkpoint is of a training with {_a_schedule(before)}, and this "
                         f"call has {_a_schedule(now)}: {cure}, {_ANEW}")  # fmt: skip


def _a_schedule(name: str) -> str:
    return f"a schedule, {name}" if name else "no schedule"


def _check_callbacks(before: Sequence[str], now: Sequence[str]) -> None:
    """Raise ValueError where the state of a callback would be dropped, or given to another."""
    if before != now:
        raise ValueError(f"the checkpoint has states of the callbacks [{', '.join(before)}], and "
                         f"in this call those that keep one are [{', '.join(now)}]: give the same "
                         "in the same order (others, such as Checkpoint or a function, may come "
                         f"and go), {_ANEW}")  # fmt: skip


def _check_generators(before: int, now: int) -> None:
    """Raise ValueError for a model with other layers that draw random numbers."""
    if before != now:
        raise ValueError(f"the checkpoint is of a model with {before - 1} layers that draw random "
                         f"numbers, as Dropout does, and this one has {now - 1}: make the model as "
                         f"it was, {_ANEW}")  # fmt: skip
