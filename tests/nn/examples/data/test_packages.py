"""What is said where a package with data is missing."""

import pytest

from nn.examples.data.packages import MissingPackageError, needed


@pytest.mark.parametrize(
    ("module", "name"), [("sklearn.datasets", "scikit-learn"), ("babel.dates", "Babel")]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, module, name):
    def missing(wanted):
        raise ModuleNotFoundError(f"No module named {wanted!r}", name=wanted.partition(".")[0])

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(MissingPackageError, match=f'pip install "{name}"') as caught:
        needed(module)
    assert "scalar-autograd[examples]" in str(caught.value)


def test_a_package_that_is_itself_incomplete_is_not_said_to_be_missing(monkeypatch):
    def incomplete(wanted):
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr("importlib.import_module", incomplete)
    with pytest.raises(ModuleNotFoundError, match="scipy") as caught:
        needed("sklearn.datasets")
    assert not isinstance(caught.value, MissingPackageError)
