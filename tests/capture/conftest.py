"""The app with a view for each case, bare and under the agent, on each server."""

import pytest

pytest.register_assert_rewrite("tests.capture.pairs")

from tests.capture.pairs import pair_of  # noqa: E402

KINDS = ["gunicorn-gthread", "waitress", "gunicorn-gevent", "flask-run", "gunicorn-sync", "cheroot",
         pytest.param("uwsgi", marks=[pytest.mark.slow, pytest.mark.timeout(600)])]


@pytest.fixture(scope="session", params=KINDS)
def pair(request, tmp_path_factory):
    with pair_of(request.param, "everything:app", tmp_path_factory.mktemp("home")) as made:
        yield made
