"""The figures of the frozen corpus: no false verdict, few unsure, every kink, few calls."""

import importlib.util
import statistics
import sys
from pathlib import Path
from typing import Any

import pytest


def _loaded() -> Any:
    """Load the corpus, which is a program and no package."""
    spec = importlib.util.spec_from_file_location("corpus", Path(__file__).with_name("corpus.py"))
    module = sys.modules["corpus"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


corpus = _loaded()


@pytest.fixture(scope="module")
def tally() -> Any:
    return corpus.Tally([corpus.checked(case) for case in corpus.cases()])


@pytest.mark.unmeasured
def test_it_is_large(tally: Any) -> None:
    assert len({outcome.case.text for outcome in tally.outcomes}) >= 300


def test_no_verdict_is_false(tally: Any) -> None:
    assert tally.false("right") == []
    assert tally.false("wrong") == []
    assert tally.false("kink") == []


def test_few_are_unsure(tally: Any) -> None:
    assert len(tally.unsure()) <= 0.015 * len(tally.decidable())


def test_kinks_are_found(tally: Any) -> None:
    found, all_of_them = tally.kinks()
    assert found >= 0.99 * all_of_them
    assert tally.missed() == []


def test_calls_are_few(tally: Any) -> None:
    assert statistics.median(tally.calls()) <= 14
    assert statistics.mean(tally.calls()) <= 18
    assert max(tally.calls()) <= 60


def test_the_same_verdicts_again(tally: Any) -> None:
    for outcome in tally.outcomes[::40]:
        if "dice" not in outcome.case.text:
            assert corpus.checked(outcome.case).verdict == outcome.verdict
