"""The app's routes are told to a collector that takes them, once, and to no other."""

import collections

import pytest

from metlo_auto.capture.declared_routes import MOST_APPS
from tests.capture.test_integration import run
from tests.support.faulty_collector import Answer, FaultyCollector
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


TAKES = {"X-Metlo-Collector": "metlo-auto/test; routes"}
VERIFY, ROUTES, BATCH = "/api/v1/verify", "/api/local/routes", "/api/v1/log-request/batch"


def answered(post, verified):
    """What a collector says that answers `verified` when it is asked for its capabilities."""
    return {VERIFY: verified, ROUTES: Answer()}.get(post.path)


# An app for each test, some of them gone before the collector is asked.
FACTORY = """
    import metlo_auto, time
    def until_all_is_sent():
        while metlo_auto.stats()["sent"] < metlo_auto.stats()["captured"]:
            time.sleep(0.01)
    kept = []
    for n in range(400):
        app = make("one of %d" % n if n % 2 else "the same")
        ask(app)
        kept.append(app if n % 3 else None)
        if n % 100 == 0:
            until_all_is_sent()
"""


@pytest.mark.parametrize("takes", [{}, TAKES], ids=["another", "ours"])
def test_a_process_with_hundreds_of_apps_asks_once_and_tells_a_bounded_number(takes, tmp_path):
    with FaultyCollector(lambda post: answered(post, Answer(headers=takes))) as collector:
        collector.verify = None
        point = {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key", "METLO_ENV_FILE": "off"}
        # without a rate: at the end what it holds back is spooled rather than uploaded
        settings = {"METLO_SHUTDOWN_TIMEOUT": "15", "METLO_MAX_RATE": "0"}
        done = run(FACTORY, instrumented(clean_environ(tmp_path, **settings), point))
        assert (done.stderr, done.returncode) == ("", 0)
        assert done.stdout.count("200 hello") == 400
        posts = collections.Counter(post.path for post in collector.posts)
        assert sum(len(post.traces) for post in collector.posts if post.path == BATCH) == 400
        told = collections.Counter(post.traces[0]["app"] for post in collector.posts if post.path == ROUTES)
    assert posts[VERIFY] == 1
    if takes:
        # apps of one name are told apart by the order in which they were made, a bounded number of them
        assert 1 <= told.pop("the same") <= MOST_APPS
        assert 10 < len(told) <= 100 and set(told.values()) == {1}
    else:
        assert not told


WAITING = """
    import metlo_auto, time
    app = make("shop")
    ask(app)
    end = time.monotonic() + 60
    while not metlo_auto.stats()["sent"] and time.monotonic() < end:
        time.sleep(0.01)
    ask(app)
"""


def test_a_collector_in_trouble_is_asked_again_and_told(tmp_path):
    answers = [Answer(503), Answer(headers=TAKES)]
    with FaultyCollector(lambda post: answered(post, post.path == VERIFY and answers.pop(0))) as collector:
        collector.verify = None
        point = {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key", "METLO_ENV_FILE": "off"}
        run(WAITING, instrumented(clean_environ(tmp_path, METLO_SHUTDOWN_TIMEOUT="15"), point))
        told = [post.traces[0]["app"] for post in collector.posts if post.path == ROUTES]
    assert (told, answers) == (["shop"], [])
