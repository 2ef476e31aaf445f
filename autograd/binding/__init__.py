"""From a row of the table to code: a function on floats, methods of Value, a live formula.

When the package is imported, `bind` writes the Python source of every row, as dataclasses do, so
that recording an operation costs no more than if it were written by hand. A text is compiled for
two purposes: on floats (`FLOATS`; tried with the quick functions of `math`, done again with the
quiet ones where these raise) and on Values (`LIVE`, for derivatives of derivatives). `FUNCTIONS`
holds the public functions. `inspect.getsource` shows what was written. Texts are trusted here: a
test checks those of the table, `autograd.own` those of a user.
"""

from autograd.binding.methods import FLOATS, FUNCTIONS, LIVE, bind, bind_rule, float_names
from autograd.binding.translation import float_source

__all__ = ["FLOATS", "FUNCTIONS", "LIVE", "bind", "bind_rule", "float_names", "float_source"]
