"""The installation that tests of metlo-run share."""

from tests.launcher.conftest import metlo, own

__all__ = ["metlo", "own"]
