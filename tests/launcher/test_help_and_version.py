"""What metlo-run says of itself."""

import pytest

from metlo_auto.config.settings import SETTINGS
from metlo_auto.version import VERSION
from tests.support.installed import Installed, run

pytestmark = pytest.mark.core


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_option_and_setting(metlo: Installed, option: str) -> None:
    done = metlo.run(option, "ignored")
    assert (done.returncode, done.stderr) == (0, "")
    options = ["--local", "--check", "--json", "--env-file", "--no-env-file", "--strict", "--print-bootstrap", "--version", "-h"]
    for word in options + [setting.variable for setting in SETTINGS]:
        assert word in done.stdout, word


def test_version(metlo: Installed) -> None:
    for command in ([metlo.command], [metlo.python, "-m", "metlo_auto"]):
        done = run(command + ["--version"], metlo.environ())
        assert (done.returncode, done.stdout, done.stderr) == (0, "metlo-auto %s\n" % VERSION, "")


def test_of_several_questions_the_first_is_answered(metlo: Installed) -> None:
    assert metlo.run("--version", "--print-bootstrap").stdout == "metlo-auto %s\n" % VERSION


def test_a_reader_that_leaves_is_no_traceback(metlo: Installed) -> None:
    done = run(["/bin/sh", "-c", '"$0" --help >&-; "$0" --help >/dev/full', metlo.command], metlo.environ())
    assert "Traceback" not in done.stderr and done.returncode == 1


def test_help_fits_a_screen_and_has_examples(metlo: Installed) -> None:
    fits(metlo.run("--help").stdout)
    assert "metlo-run gunicorn app:app" in metlo.run("--help").stdout


def fits(text: str) -> None:
    lines = text.splitlines()
    assert 5 < len(lines) <= 56 and max(map(len, lines)) <= 80, text
