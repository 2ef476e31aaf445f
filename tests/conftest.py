"""Notebooks are tests too, where nbmake is installed to run them."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("nbmake"):
        config.option.nbmake = True


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.path.suffix == ".ipynb":  # at full speed: modules are measured by tests of their own
        os.environ.pop("COVERAGE_PROCESS_START", None)
