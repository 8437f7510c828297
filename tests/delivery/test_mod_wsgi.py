"""Apache with mod_wsgi, as docs/deploy.md has it: all that was answered arrives, whichever way Apache is told to end."""

import pathlib
import shutil
import signal
import tempfile
import time

import pytest

from tests.delivery.serving import APPS, Server
from tests.delivery.test_servers import both_end
from tests.launcher.recipes import installed, open_to_others, recipes
from tests.launcher.test_deploy import APACHE, apache_python
from tests.support.faulty_collector import FaultyCollector, way
from tests.support.installed import ROOT

pytestmark = pytest.mark.slow

ENDS = {"TERM": signal.SIGTERM, "graceful stop": signal.SIGWINCH}
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@pytest.fixture
def folder():
    """One that every user may read; pytest's own are root's alone where root runs it."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="metlo-apache-"))
    made.chmod(0o755)
    try:
        if not open_to_others(made) or not open_to_others(ROOT / "metlo_auto"):
            pytest.skip("another user may not read these folders")
        yield made
    finally:
        shutil.rmtree(str(made), ignore_errors=True)


class Apache(Server):
    """The recipe's Apache with the counting app; in memory alone, so that what arrives was flushed."""

    def __init__(self, folder, collector, **settings):
        super().__init__("", ENVIRON, folder / "log", cwd=folder)
        python = apache_python()
        venv = folder / "venv"
        if not venv.exists():
            installed(venv, python)
        shutil.copy(str(APPS / "counting.py"), str(folder / "app.py"))
        lines = {"METLO_HOST": collector.host, "METLO_API_KEY": collector.key, "METLO_SPOOL_DIR": "off", **settings}
        (folder / "metlo.env").write_text("".join("%s=%s\n" % line for line in lines.items()))
        (folder / "shop.wsgi").write_text(recipes()["mod_wsgi"].replace("/srv/shop", str(folder)))
        conf = recipes()["mod_wsgi.conf"].replace("/srv/shop/venv", str(venv)).replace("/srv/shop", str(folder))
        (folder / "apache.conf").write_text(APACHE.format(folder=folder, port=self.port) + conf)
        self.command = ["apache2", "-D", "FOREGROUND", "-f", str(folder / "apache.conf")]


@pytest.mark.parametrize("end", ENDS)
def test_all_is_delivered_when_apache_ends_right_after_the_last_answer(end, folder):
    with FaultyCollector() as collector, Apache(folder, collector, METLO_SHUTDOWN_TIMEOUT="20") as apache:
        collector.wait_for_paths(apache.answered)
        apache.hit(60)
        apache.end(ENDS[end])
        collector.wait_for_paths(apache.answered)
    assert "metlo:" not in (folder / "error.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "restart"])
def test_all_is_delivered_over_a_restart(number, folder):
    with FaultyCollector() as collector, Apache(folder, collector, METLO_SHUTDOWN_TIMEOUT="20") as apache:
        apache.hit(60)
        apache.process.send_signal(number)
        time.sleep(1)  # its old processes still answer while they are replaced
        apache.wait_until_it_answers()
        apache.hit(60)
        apache.end()
        collector.wait_for_paths(apache.answered)


def test_a_collector_that_hangs_holds_the_end_up_for_the_shutdown_time_alone(folder):
    (folder / "bare").mkdir()
    with FaultyCollector(way("hang")) as collector:
        with Apache(folder, collector, METLO_TIMEOUT="60", METLO_SHUTDOWN_TIMEOUT="1") as apache:
            with Apache(folder / "bare", collector, METLO_DISABLED="1") as bare:
                apache.hit(60)
                bare.hit(60)
                (_, seconds), (_, bare_seconds) = both_end([apache, bare])
    assert seconds <= bare_seconds + 1 + 1.6, "Apache kills its processes after 3 s"
