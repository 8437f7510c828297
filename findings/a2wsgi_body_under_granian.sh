#!/usr/bin/env bash
# Under granian an app that a2wsgi adapts cannot read a request body: TypeError, A coroutine object is required.
#
# a2wsgi gives what receive() returns to asyncio.run_coroutine_threadsafe, which takes coroutines alone; granian's returns an
# awaitable of its own, which ASGI allows. A GET works, so an app mounted in FastAPI or Starlette seems to run.
# Guess before the run: the body, as under uvicorn
# Seen (Python 3.11): uvicorn 200 abc; granian 500, with that line in the log
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9 a2wsgi==1.10.10 uvicorn==0.54.0
cd "$work"
cat >ask.py <<"PY"
import socket, sys, time
def ask(port, request):
    for _ in range(200):
        try:
            sock = socket.create_connection(("127.0.0.1", port), 20); break
        except OSError:
            time.sleep(0.1)
    sock.sendall(request)
    data = b""
    while True:
        try:
            part = sock.recv(65536)
        except OSError:
            break
        if not part:
            break
        data += part
    return data
PY
port=$(python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])")
cat >app.py <<'PY'
from a2wsgi import WSGIMiddleware

def app(environ, start_response):
    body = environ["wsgi.input"].read(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]

asgi = WSGIMiddleware(app)
PY
cat >check.py <<'PY'
import sys
from ask import ask
said = ask(int(sys.argv[1]), b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
print(said.decode("latin-1"))
assert said.startswith(b"HTTP/1.1 " + sys.argv[2].encode()), "changed"
assert (b"abc" in said) == (sys.argv[2] == "200"), "changed"
PY
"$work/venv/bin/uvicorn" --port "$port" --log-level warning app:asgi >log 2>&1 &
server=$!
python3 check.py "$port" 200 || { kill $server; exit 1; }
kill $server; wait $server || true
"$work/venv/bin/granian" --interface asgi --host 127.0.0.1 --port "$port" app:asgi >log 2>&1 &
server=$!
python3 check.py "$port" 500 || { kill $server; exit 1; }
kill $server; wait $server || true
grep -a "A coroutine object is required" log
