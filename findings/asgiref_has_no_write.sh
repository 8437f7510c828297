#!/usr/bin/env bash
# asgiref's WsgiToAsgi answers 500 to an app that calls write(), the callable that start_response has to return.
#
# PEP 3333 asks every server and gateway for it. asgiref's start_response returns None; nor is there a REMOTE_PORT.
# a2wsgi has both.
# Guess before the run: "written and returned", as PEP 3333 has it
# Seen (Python 3.11): 500 Internal Server Error, TypeError: 'NoneType' object is not callable
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check asgiref==3.13.0 uvicorn==0.54.0 a2wsgi==1.10.10
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
from asgiref.wsgi import WsgiToAsgi

def app(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain"), ("X-Port", str("REMOTE_PORT" in environ))])
    write(b"written ")
    return [b"and returned"]

by_a2wsgi, by_asgiref = WSGIMiddleware(app), WsgiToAsgi(app)
PY
cat >check.py <<'PY'
import sys
from ask import ask
said = ask(int(sys.argv[1]), b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
print(said.decode("latin-1"))
assert said.startswith(b"HTTP/1.1 " + sys.argv[2].encode()), "changed"
PY
for case in by_a2wsgi:200 by_asgiref:500; do
    "$work/venv/bin/uvicorn" --port "$port" --log-level warning "app:${case%:*}" >log 2>&1 &
    server=$!
    python3 check.py "$port" "${case#*:}" || { kill $server; exit 1; }
    kill $server; wait $server || true
done
grep "'NoneType' object is not callable" log
