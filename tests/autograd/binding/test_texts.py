"""What a row of the table may be: a bad one is refused with the reason."""

import pytest

from autograd.binding import add_rule
from autograd.rules import TABLE

BAD_ROWS = [
    (("1x", "x", "1"), "must be an identifier"),
    (("lambda", "x", "1"), "must be an identifier"),
    (("test_bad", "x"), "give the derivative for each operand"),
    (("test_bad", "x", "1", "1", "1", "1"), "give the derivative for each operand"),
    (("test_bad", "x +", "1"), "is not an expression"),
    (("test_bad", "", "1"), "is not an expression"),
    (("test_bad", "x", "q"), "unknown name 'q'"),
    (("test_bad", "z", "1"), "unknown name 'z'"),
    (("test_bad", "x + y", "1"), "unknown name 'y'"),
    (("test_bad", "foo(x)", "1"), "unknown operation 'foo'"),
    (("test_bad", "__import__(x)", "1"), "unknown operation '__import__'"),
    (("test_bad", "x.real", "1"), "may not contain"),
    (("test_bad", "x[0]", "1"), "may not contain"),
    (("test_bad", "(lambda: x)()", "1"), "may not contain"),
    (("test_bad", "exp(x, y=1)", "1"), "may not contain"),
    (("test_bad", "[x]", "1"), "may not contain"),
    (("test_bad", "x // 2", "1"), "may not contain"),
    (("test_bad", "x if not x else 1", "1"), "may not contain"),
    (("test_bad", "'a'", "1"), "is not a number"),
    (("test_bad", "1j * x", "1"), "is not a number"),
    (("test_bad", "True", "1"), "is not a number"),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROWS, ids=[str(row) for row, _ in BAD_ROWS])
def test_a_bad_row_is_refused_with_the_reason(row: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        add_rule(*row)
    assert "test_bad" not in TABLE
