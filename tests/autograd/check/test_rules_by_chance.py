"""Every rule at points drawn by hypothesis: no right derivative is called wrong.

RULES_RUNS=100000 pytest tests/autograd/check/test_rules_by_chance.py draws as many points, and
RULES_SEED=7 draws others.
"""

import os

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from autograd import check_gradients
from autograd.binding import FUNCTIONS
from autograd.rules import TABLE

RUNS = int(os.environ.get("RULES_RUNS", "400"))
SEED = int(os.environ.get("RULES_SEED", "0"))
NUMBERS = st.one_of(
    st.floats(-4.0, 4.0),
    st.floats(-1e6, 1e6),
    st.floats(1e-9, 1e9).map(lambda x: round(x, 12)),
    st.integers(-5, 5).map(float),
)


@seed(SEED)
@settings(max_examples=RUNS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(TABLE)), st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_no_false_alarm(name: str, numbers: tuple[float, ...]) -> None:
    row = TABLE[name]
    function = FUNCTIONS[name]
    report = check_gradients(function, numbers[: len(row.operands)])
    assert report.verdict != "wrong", report
