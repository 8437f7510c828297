"""One installation for all tests of a worker; what a test adds to it, it adds to one of its own."""

import pathlib

import pytest

from tests.support.installed import Installed


@pytest.fixture(scope="session")
def metlo(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """metlo-auto as a user has it installed; not to be changed."""
    return Installed(tmp_path_factory.mktemp("installed") / "venv")


@pytest.fixture
def own(tmp_path: pathlib.Path) -> Installed:
    """An installation that the test may change."""
    return Installed(tmp_path / "venv")
