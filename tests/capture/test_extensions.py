"""Apps made with the extensions that most Flask apps have: answers as without the agent, each request reported once."""

import json

import pytest

from tests.capture import extensions
from tests.capture.extensions import visit
from tests.capture.pairs import MARK, header, pair_of
from tests.support.serving import request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KIND = {"connexion_app": "uvicorn"}


@pytest.fixture(scope="module")
def app(request, tmp_path_factory):
    kind, home = KIND.get(request.param, "gunicorn-gthread"), tmp_path_factory.mktemp("home")
    with pair_of(kind, request.param + ":app", home, python=extensions.python()) as made:
        yield made


def of(name):
    return pytest.mark.parametrize("app", [name], indirect=True, scope="module")


def route(trace):
    return trace["request"]["url"].get("endpointPath")


@of("restful_app")
@pytest.mark.parametrize("method,target,body,status,template,exception", [
    ("GET", "/api/todos/1", b"", 200, "/api/todos/{todo_id}", None),
    ("GET", "/api/tasks/1", b"", 200, "/api/tasks/{todo_id}", None),
    ("GET", "/api/todos/404", b"", 404, "/api/todos/{todo_id}", None),
    ("PUT", "/api/todos/2", b'{"task": "read"}', 201, "/api/todos/{todo_id}", None),
    ("PUT", "/api/todos/2", b"{}", 400, "/api/todos/{todo_id}", None),
    ("PUT", "/api/todos/2", b"{broken", 400, "/api/todos/{todo_id}", None),
    ("POST", "/api/todos/2", b"{}", 405, None, None),
    ("DELETE", "/api/todos/3", b"", 500, "/api/todos/{todo_id}", "ZeroDivisionError"),
    ("GET", "/api/nothing", b"", 404, None, None),
])
def test_flask_restful(app, method, target, body, status, template, exception):
    answer, trace = app.ask(method, target, body, JSON if body else {})
    assert answer.status == trace["response"]["status"] == status
    assert trace["response"]["body"] == answer.body.decode()
    assert route(trace) == template or status == 405
    assert trace["request"]["body"] == (body.decode() if status != 405 else "")
    assert trace["meta"].get("exception") == exception
    assert "a secret of the app" not in json.dumps(trace)


@of("compress_app")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("target,inside", [("/items", '{"n":199'), ("/stream", "line 199\n")])
def test_flask_compress(app, coding, target, inside):
    answer, trace = app.ask("GET", target, headers={"Accept-Encoding": coding})
    sent = None if (target, coding) == ("/stream", "gzip") else coding  # streams have codings of their own
    assert answer.header("Content-Encoding") == sent == header(trace["response"], "Content-Encoding")
    if coding == "br" and trace["response"]["body"] == "":
        assert trace["meta"]["responseBody"]["omitted"] == "undecodable"
        return
    assert inside in trace["response"]["body"].replace(" ", "") or inside in trace["response"]["body"]


@of("compress_app")
def test_flask_compress_without_compression(app):
    answer, trace = app.ask("GET", "/small", headers={"Accept-Encoding": "gzip"})
    assert answer.header("Content-Encoding") is None and trace["response"]["body"] == "small"


@of("session_app")
def test_flask_session(app):
    (_, put), (answer, get) = visit(app, [("POST", "/set", b'{"value": "kept"}', JSON), ("GET", "/get", b"", {})])
    assert json.loads(answer.body) == {"value": "kept"}
    assert header(put["response"], "Set-Cookie").startswith("session=redacted-")
    # the collector can tell that both belong to one session
    masked = header(put["response"], "Set-Cookie").split(";")[0]
    assert header(get["request"], "Cookie") == masked


@of("login_app")
def test_flask_login(app):
    told = visit(app, [
        ("GET", "/me", b"", {}),
        ("POST", "/login", b"user=ann&password=wrong-canary", FORM),
        ("POST", "/login", b"user=ann&password=hunter2-canary", FORM),
        ("GET", "/me", b"", {}),
        ("POST", "/logout", b"", {}),
        ("GET", "/me", b"", {}),
    ])
    assert [answer.status for answer, _ in told] == [302, 403, 302, 200, 200, 302]
    assert [route(trace) for _, trace in told] == ["/me", "/login", "/login", "/me", "/logout", "/me"]
    assert [trace["response"]["status"] for _, trace in told] == [302, 403, 302, 200, 200, 302]
    text = json.dumps([trace for _, trace in told])
    assert "canary" not in text and "user=ann&password=redacted" in text
    for answer, _ in told:
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                secret = value.split(";")[0].split("=", 1)[1]
                assert not secret or secret not in text


@of("dash_app")
def test_dash(app):
    mark = app.mark()
    page, expected = [server.ask(request("GET", "/board/", headers={MARK: mark})) for server in (app.seen, app.bare)]
    assert page.status == expected.status == 200 and len(page.body) == len(expected.body)  # it has something random in it
    assert app.trace(mark)["response"]["body"] == page.body.decode()
    layout, trace = app.ask("GET", "/board/_dash-layout")
    assert trace["response"]["body"] == layout.body.decode() and "greeting" in trace["response"]["body"]
    dependencies, trace = app.ask("GET", "/board/_dash-dependencies")
    assert route(trace) == "/board/_dash-dependencies"
    call = json.dumps({
        "output": "greeting.children", "outputs": {"id": "greeting", "property": "children"},
        "inputs": [{"id": "name", "property": "value", "value": "ann"}], "changedPropIds": ["name.value"]}).encode()
    answer, trace = app.ask("POST", "/board/_dash-update-component", call, JSON)
    assert json.loads(answer.body)["response"]["greeting"]["children"] == "hello ann"
    assert trace["request"]["body"] == call.decode() and trace["response"]["body"] == answer.body.decode()
    assert route(trace) == "/board/_dash-update-component"


@of("connexion_app")
@pytest.mark.parametrize("method,target,body,status,template", [
    ("GET", "/pets/3", b"", 200, "/pets/{pet_id}"),
    ("GET", "/pets/300", b"", 404, "/pets/{pet_id}"),
    ("POST", "/pets", b'{"name": "Rex"}', 201, "/pets"),
    ("GET", "/broken", b"", 500, "/broken"),
])
def test_connexion(app, method, target, body, status, template):
    answer, trace = app.ask(method, target, body, JSON if body else {})
    assert answer.status == trace["response"]["status"] == status
    assert route(trace) == template
    assert trace["request"]["body"] == body.decode()
    assert trace["response"]["body"] == answer.body.decode() or status == 500
    assert (trace["meta"].get("exception") == "ZeroDivisionError") == (status == 500)


@of("connexion_app")
def test_what_connexion_answers_itself_never_reaches_flask(app):
    raw = request("POST", "/pets", b'{"name": 1}', JSON)
    assert app.seen.ask(raw).status == app.bare.ask(raw).status == 400
    app.ask("GET", "/pets/4")
    assert 400 not in [trace["response"]["status"] for trace in app.recorder.traces]


@of("connexion_app")
def test_an_exception_that_connexion_answers_has_the_status_of_the_answer(app):
    answer, trace = app.ask("GET", "/nowhere")
    assert answer.status == trace["response"]["status"] == 404
    assert trace["meta"]["exception"] == "HTTPException"  # Starlette's, which connexion made of Flask's NotFound
