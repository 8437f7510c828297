"""Copies and pickles of an app, of Flask's methods, of a response and of the request's stream: what they are natively."""

import pytest

from tests.capture.test_integration import run
from tests.support.serving import clean_environ, instrumented

POINT = {"METLO_HOST": "http://127.0.0.1:1", "METLO_API_KEY": "k", "METLO_ENV_FILE": "off", "METLO_SPOOL_DIR": "off"}
CODE = """
    import copy, pickle
    from flask import Response, request
    from werkzeug.test import EnvironBuilder
    try:
        import %(by)s as by
    except ImportError:
        sys.exit("not installed")
    def tell(name, action):
        try:
            made = action()
        except Exception as error:
            made = type(error).__name__
        print(name, made if isinstance(made, (str, bytes, list, int)) else made.__class__.__name__)
    class Chunks(list):
        def close(self):
            pass
    class Raw(Flask):
        def wsgi_app(self, environ, start_response):
            start_response("200 OK", [])
            return Chunks([b"x"])
    def again(thing):
        return by.loads(by.dumps(thing))
    app = make()
    app.add_url_rule("/pieces", "pieces", lambda: Response(iter(["a", "b"])), methods=["POST"])
    tell("init", lambda: again(Flask.__init__) == Flask.__init__)
    tell("its deepcopy", lambda: copy.deepcopy(Flask.__init__) is Flask.__init__)
    tell("bound", lambda: again(app.__init__).__self__.name)
    tell("class", lambda: again(Flask) is Flask)
    tell("app", lambda: again(app).test_client().get("/hi").status_code)
    tell("copy of app", lambda: copy.copy(app).test_client().get("/hi").status_code)
    for app in (app, Raw("raw")):
        environ = EnvironBuilder("/pieces", method="POST", data=b"abc").get_environ()
        result = app(environ, lambda *said: None)
        for name, thing in (("response", result), ("stream", environ["wsgi.input"])):
            tell(name + " copied", lambda: copy.copy(thing))
            tell(name + " deeply", lambda: copy.deepcopy(thing))
            tell(name + " pickled", lambda: again(thing))
        tell("stream read", lambda: copy.copy(environ["wsgi.input"]).read())
        tell("environ", lambda: len(copy.deepcopy({k: v for k, v in environ.items() if not k.startswith("wsgi.")})))
        result.close()
"""


@pytest.mark.parametrize("by", [pytest.param("pickle", marks=[pytest.mark.core]), "dill", "cloudpickle"])
def test_they_are_what_they_are_natively(tmp_path, by):
    natively = run(CODE % {"by": by}, clean_environ(tmp_path))
    if "not installed" in natively.stderr:
        pytest.skip("%s is not installed" % by)
    assert natively.returncode == 0, natively.stderr
    under = run(CODE % {"by": by}, instrumented(clean_environ(tmp_path), POINT))
    assert under.stdout == natively.stdout and "response copied" in natively.stdout
