"""Packages that the examples take their data from, or one line that says what to install."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["MissingPackageError", "needed"]

_ON_PYPI = {"sklearn": "scikit-learn", "babel": "Babel", "names": "names"}


class MissingPackageError(ImportError):
    """A package that an example takes its data from is not installed."""


def needed(module: str) -> Any:
    """Return a module of a package with data.

    Args:
        module: its name for `import`, as "sklearn.datasets".

    Raises MissingPackageError with the command that installs what the examples need.

    >>> needed("json").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # the package is there; something that it needs itself is not
        name = _ON_PYPI.get(module.partition(".")[0], module)
        raise MissingPackageError(
            f'this example takes its data from the package {name}: pip install "{name}", or all '
            'that the examples need: pip install "scalar-autograd[examples]"'
        ) from None
