"""The example apps natively and under metlo-run: output, exit status and every answer are the same."""

import difflib
import re
import signal
import sys

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app
from tests.support.venvs import ROOT, app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES / "shop"))

import traffic  # noqa: E402  (the shop's own customers)

# What no two runs have in common: times, ports, process ids, random tokens.
CHANGING = [
    (r"\d{2}/\w{3}/\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d{3})?( \+\d{4})?", "TIME"),
    (r"(?<=127\.0\.0\.1:)\d+", "PORT"),
    (r"\[\d+\]|\(\d+\)|(?<=pid: )\d+", "PID"),
    (r"session=[^;]+", "session=SIGNED"),
    (r'(?<="access_token":")[^"]+', "TOKEN"),
    (r"(?<=listening at )\S+|(?<=File \")\S*?/(?=metlo-run|flask|gunicorn)", "PLACE"),
]

GUNICORN = ["gunicorn", "-b", "127.0.0.1:0"]


def runs():
    """Each example app in each way that it can be started: name -> folder and command."""
    for app in sorted(EXAMPLES.glob("*/app.py")):
        folder, text = app.parent, app.read_text()
        target = "app:app" if re.search(r"^app = ", text, re.MULTILINE) else "app:create_app()"
        ways = {
            "flask run": ["flask", "run", "--port", "0"],
            "gunicorn sync": [*GUNICORN, "-c", "/dev/null", target],
            "gunicorn gevent": [*GUNICORN, "-c", "/dev/null", "-k", "gevent", target],
        }
        if "__main__" in text:
            ways["python app.py"] = ["python", "app.py"]
        if (folder / "gunicorn.conf.py").exists():
            ways["gunicorn with its own configuration"] = [*GUNICORN, target]
        for way, command in ways.items():
            yield f"{folder.name}, {way}", (folder, command)


RUNS = dict(runs())


def steady(text):
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


class Witness(traffic.Customer):
    """A customer who writes down each answer."""

    def __init__(self, url):
        super().__init__(url)
        self.seen = []

    def send(self, *args, **kwargs):
        answer = super().send(*args, **kwargs)
        headers = [(name, steady(value)) for name, value in answer.headers.items() if name != "Date"]
        self.seen.append((args[:2], answer.status, headers, steady(answer.data.decode("latin-1"))))
        return answer


def visit_hello(url):
    customer = Witness(url)
    customer.send("GET", "/hello/you?loud=yes")
    customer.send("POST", "/echo", {"a": [1, None, "ä"]})
    customer.send("POST", "/echo", "no json", expect=415)
    customer.send("GET", "/nothing", expect=404)
    return customer.seen


def visit_explicit(url):
    customer = Witness(url)
    customer.send("GET", "/notes/")
    customer.send("GET", "/notes/1?national_id=12345")
    customer.send("GET", "/notes/9/more", expect=404)
    return customer.seen


def visit_shop(url):
    seen = []
    for behave in (traffic.stranger, traffic.buyer, traffic.keeper):
        customer = Witness(url)
        behave(customer)
        customer.connection.close()
        seen += customer.seen
    return seen


VISITS = {"explicit": visit_explicit, "hello": visit_hello, "shop": visit_shop}


def run(way, programs, home, collector, prefix=(), **env):
    """Answers, output (its lines sorted: workers write at the same time) and exit status of one run."""
    folder, command = RUNS[way]
    home.mkdir()
    needs = {"SHOP_DATABASE": str(home / "shop.sqlite3"), "PORT": "0", "COLLECTOR_URL": collector, "COLLECTOR_KEY": "test-key"}
    environ = environ_of_app(home, **needs, **env)
    environ["PATH"] = "{}:{}".format(programs, environ["PATH"])
    command = [str(programs / name) for name in prefix] + [str(programs / command[0])] + command[1:]
    with Served(command, home / "log", env=environ, cwd=str(folder)) as server:
        answers = VISITS[folder.name](f"http://127.0.0.1:{server.port}")
        status = server.stop(signal.SIGTERM if "gunicorn" in way else signal.SIGINT)
    return answers, sorted(steady(server.said()).splitlines()), status


@pytest.mark.parametrize("way", sorted(RUNS))
def test_nobody_can_tell_that_metlo_run_is_there(way, tmp_path):
    programs = app_venv("examples", ["flask", "gunicorn", "gevent", "packaging"])
    # some attach themselves: that is not what is looked at here
    bare = run(way, programs, tmp_path / "bare", "http://127.0.0.1:9", METLO_DISABLED="1")
    with Recorder() as recorder:
        observed = run(way, programs, tmp_path / "observed", recorder.host, ["metlo-run"], **recorder.environ())
        recorder.wait_for(len(bare[0]))
    assert observed[0] == bare[0]
    assert "\n".join(difflib.unified_diff(bare[1], observed[1], lineterm="", n=0)) == ""
    assert observed[2] == bare[2]
    assert len(recorder.traces) == len(bare[0])
