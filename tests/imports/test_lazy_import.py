"""What others import and nobody here uses is left to who does: no asyncio by wrapt, no guessing of charsets by requests."""

import importlib.util
import subprocess
import sys

import pytest

from metlo_auto.imports.lazy_import import Late, put_off
from tests.delivery.serving import environ
from tests.support.faulty_collector import FaultyCollector

pytestmark = pytest.mark.core

NAMES = "import sys, flask; print([name for name in sys.modules if name.split('.')[0] == 'asyncio'])"
ASYNCIO = """
import sys, flask, wrapt
import asyncio, asyncio.events
assert sys.modules["asyncio"] is asyncio and type(asyncio) is type(sys), asyncio

async def three():
    return 3

loop = asyncio.new_event_loop()
assert loop.run_until_complete(three()) == 3
loop.close()

@wrapt.synchronized
def guarded():
    return 4

assert guarded() == 4
late = getattr(sys.modules.get("wrapt.synchronization"), "asyncio", asyncio)
assert late.Lock is asyncio.Lock and "Lock" in dir(late)
if hasattr(wrapt, "async_to_sync"):
    assert wrapt.async_to_sync(three)() == 3
"""
GUESSING = """
import sys, time, warnings
import flask, metlo_auto
from werkzeug.test import create_environ, run_wsgi_app
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    run_wsgi_app(flask.Flask("app"), create_environ("/hit/1"), buffered=True)
    end = time.monotonic() + 30
    while metlo_auto.stats()["sent"] < 1:
        assert time.monotonic() < end, metlo_auto.stats()
        time.sleep(0.01)
assert [str(warning.message) for warning in said if "charset" in str(warning.message)] == []
put_off = sys.version_info >= (3, 8)  # before, nobody says which version it is without importing it
assert not put_off or "charset_normalizer" not in sys.modules
assert "idna.core" not in sys.modules
import requests
if requests.compat.chardet.__name__ == "charset_normalizer":
    answer = requests.models.Response()
    answer._content = u"\\u00dcberm\\u00fctige Gr\\u00fc\\u00dfe aus dem S\\u00fcden".encode("utf-8")
    assert answer.apparent_encoding == "utf-8", answer.apparent_encoding
    assert u"S\\u00fcden" in answer.text
    import charset_normalizer
    assert type(charset_normalizer) is type(sys), charset_normalizer
    assert requests.compat.chardet.detect is charset_normalizer.detect
    assert requests.compat.chardet.__version__ == charset_normalizer.__version__
    if put_off:  # older requests have it there by halves
        from requests.packages.chardet import detect
        assert detect is charset_normalizer.detect
asked = requests.Request("GET", u"http://b\\u00fccher.example/").prepare().url
assert asked == "http://xn--bcher-kva.example/", asked
import idna
assert type(idna) is type(sys) and "idna.core" in sys.modules
assert requests.packages.idna.encode(u"b\\u00fccher.example") == b"xn--bcher-kva.example"
"""


def run(program, env):
    done = subprocess.run([sys.executable, "-c", program], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_asyncio_comes_when_the_app_wants_it(tmp_path):
    watched = environ("http://127.0.0.1:9", tmp_path)
    assert run(NAMES, watched) == run(NAMES, dict(watched, METLO_DISABLED="true"))
    run(ASYNCIO, watched)


def test_what_guesses_charsets_comes_when_an_answer_of_the_apps_needs_it(tmp_path):
    with FaultyCollector() as collector:
        run(GUESSING, environ(collector.host, tmp_path))
        assert dict(collector.paths) == {"/hit/1": 1}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules that notes how often it is executed."""
    (tmp_path / "lately").mkdir()
    (tmp_path / "lately" / "__init__.py").write_text("import sys\nsys.lately += 1\nvalue = 5\n__all__ = ['value']\n__version__ = '1'\n")
    (tmp_path / "lately" / "inner.py").write_text("from . import value\ntwice = 2 * value\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    monkeypatch.setattr(sys, "lately", 0, raising=False)
    yield "lately"
    for name in [name for name in sys.modules if name.split(".")[0] == "lately"]:
        del sys.modules[name]


def test_the_stand_in_is_gone_afterwards_and_passes_on_for_ever(package):
    with put_off(package):
        import lately
    assert sys.lately == 0 and package not in sys.modules and isinstance(lately, Late)
    real = importlib.import_module(package)
    assert type(real) is not Late and sys.lately == 1
    real.value = 6
    assert (lately.value, "value" in dir(lately), sys.lately) == (6, True, 1)
    with pytest.raises(AttributeError):
        lately.nothing  # noqa: B018


@pytest.mark.parametrize("statement", [
    "from lately import value",
    "from lately import *",
    "import lately.inner; value = lately.value",
    "from lately.inner import twice; value = twice // 2",
    "import lately; value = getattr(lately, 'value')",
])
def test_who_uses_it_meanwhile_gets_the_module(package, statement):
    names = {}
    with put_off(package):
        exec(statement, names)
        assert (names["value"], sys.lately, type(sys.modules[package])) == (5, 1, type(sys))
    assert type(sys.modules[package]) is type(sys)


def test_what_is_known_of_it_is_told_without_it(package):
    with put_off(package, __version__="1"):
        import lately
        from lately import __version__
    assert (__version__, sys.lately) == ("1", 0)
    assert lately.__file__ == importlib.util.find_spec(package).origin and repr(lately).startswith("<module 'lately' from")


def test_who_asks_all_modules_the_same_does_not_import_it(package):
    with put_off(package):
        import lately

        for module in sys.modules.values():  # as it is: who looks must not change it
            getattr(module, "__file__", None), getattr(module, "__warningregistry__", None), getattr(module, "__path__", None)
            hasattr(module, "__wrapped__")
    assert sys.lately == 0
    importlib.import_module(package)
    assert lately.__builtins__ is sys.modules[package].__builtins__


def test_what_is_there_already_stays(package):
    real = importlib.import_module(package)
    with put_off(package):
        assert sys.modules[package] is real
    assert sys.modules[package] is real


def test_an_import_that_fails_takes_the_stand_in_along(package):
    with pytest.raises(ZeroDivisionError), put_off(package):
        1 / 0  # noqa: B018
    assert package not in sys.modules


AT_ONCE = """
import sys, threading, traceback
from metlo_auto.delivery.transport.lazy_requests import load_connections
sys.setswitchinterval(1e-5)
start, failed = threading.Barrier(8), []

def ours():
    load_connections()
    import requests.exceptions
    from metlo_auto.delivery.transport.connections import BreakableAdapter

def of_the_app():
    import requests
    requests.Session

def run(work):
    start.wait()
    try:
        work()
    except BaseException:
        failed.append(traceback.format_exc())

threads = [threading.Thread(target=run, args=(work,)) for work in [ours, ours, of_the_app, ours] * 2]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed[0]
assert type(sys.modules.get("charset_normalizer", sys)) is type(sys)
assert sys.modules.get("urllib3.contrib.socks", sys) is not None
"""


def test_threads_that_post_for_the_first_time_at_once_do_not_get_halves_of_modules(tmp_path):
    for _ in range(6):
        run(AT_ONCE, environ("http://127.0.0.1:9", tmp_path))
