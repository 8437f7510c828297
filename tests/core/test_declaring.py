"""The app's routes are told to a collector that takes them, once, and to no other."""

from tests.core.test_ways_in import run
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented


class Ours(Recorder):
    """A recorder that says of itself that it takes routes."""

    capabilities = {"X-Metlo-Collector": "metlo-auto/test; routes"}


def told(recorder):
    return [traces for path, traces in recorder.posts if path == "/api/local/routes"]


def test_a_collector_of_ours_is_told_the_routes_once(tmp_path):
    with Ours() as recorder:
        done = run("app = make('shop')\nfor n in range(3): ask(app)", instrumented(clean_environ(tmp_path), recorder.environ()))
        assert (done.stderr, done.returncode) == ("", 0)
        assert len(recorder.only_traces()) == 3
        [[declared]] = told(recorder)
    assert declared["app"] == "shop"
    assert [(route["rule"], route["methods"], route["endpoint"]) for route in declared["routes"]] == [("/hi", ["GET"], "hi")]


def test_another_collector_is_told_nothing(tmp_path):
    with Recorder() as recorder:
        run("ask(make())", instrumented(clean_environ(tmp_path), recorder.environ()))
        assert len(recorder.only_traces()) == 1 and told(recorder) == []
