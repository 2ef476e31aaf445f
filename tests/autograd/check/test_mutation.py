"""The tests of the rules notice nearly every mistake that can be planted in a rule."""

from typing import Any

import pytest

import autograd as ag
from autograd import Value, assert_gradients, check_gradients
from autograd.binding import FUNCTIONS
from autograd.check import mutants
from autograd.rules import MANY, TABLE

POINTS = {"acosh": (1.7,), "fmod": (7.3, 2.2), "mod": (7.3, 2.2), "round": (2.3,)}


def check_rule(name: str) -> None:
    row = TABLE[name]
    assert_gradients(FUNCTIONS[name], POINTS.get(name, (0.6, 1.7, 2.2)[: len(row.operands)]))


def check_many(name: str) -> None:
    operation: Any = getattr(ag, name)

    def f(v: Any) -> Any:
        return operation(v[:2], v[2:]) if name == "dot" else operation(v)

    assert_gradients(f, ([0.6, -1.7, 2.2, 0.4],))


@pytest.mark.unmeasured
def test_at_least_99_in_100_mistakes_in_the_rules_are_noticed() -> None:
    killed = survived = 0
    for name in TABLE:
        outcome = mutants(check_rule, name)
        assert outcome.killed or outcome.survived
        killed, survived = killed + len(outcome.killed), survived + len(outcome.survived)
    for name in [name for name in MANY if hasattr(ag, name)]:  # not what only derivatives use
        outcome = mutants(check_many, name)
        killed, survived = killed + len(outcome.killed), survived + len(outcome.survived)
    outcome = mutants(assert_gradients, lambda x, y: ag.where(x > 0, x, y), (0.6, 1.7))
    killed, survived = killed + len(outcome.killed), survived + len(outcome.survived)
    assert killed > 500
    assert killed >= 0.99 * (killed + survived)


def test_a_test_that_looks_at_nothing_is_found_out() -> None:
    outcome = mutants(lambda: ag.sin(Value(1.0)).backward())
    assert outcome.score == 0.0
    assert "survived: sin, derivative 0: sign flipped" in str(outcome)


def test_a_test_may_return_what_it_found() -> None:
    assert mutants(lambda: check_gradients(ag.tanh, (0.3,))).score == 1.0
    assert mutants(lambda x: check_gradients(ag.tanh, (x,)).verdict == "right", 0.3).score == 1.0


def test_swapped_operands_and_mistakes_that_change_nothing() -> None:
    outcome = mutants(assert_gradients, lambda x, y: x * y, (2.0, 5.0))
    assert outcome.score == 1.0
    assert any(mutant.mistake == "swapped with the next" for mutant in outcome.killed)
    same = mutants(assert_gradients, lambda x, y: x + y, (2.0, 5.0)).same
    assert {str(mutant) for mutant in same} == {
        f"add, derivative {i}: swapped with the next" for i in (0, 1)
    }


def test_it_must_pass_as_it_is() -> None:
    with pytest.raises(AssertionError, match="mend that first"):
        mutants(lambda: False)
    assert mutants(lambda: None).score == 1.0
