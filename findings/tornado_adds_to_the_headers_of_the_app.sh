#!/usr/bin/env bash
# tornado adds Content-Length to the very list of headers that the app gave it.
#
# WSGI lets a server change that list. An app that keeps its headers in one list for all responses sends the length
# of its first response with every later one.
# Guess before the run: tornado copies the list
# Seen (Python 3.11): the list of the app has Content-Length and Server that it did not put there
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1
cd "$work"
cat >ask.py <<'EOF'
import socket, sys, time
def ask(address, request, family=socket.AF_INET):
    for _ in range(200):
        try:
            sock = socket.socket(family); sock.settimeout(20); sock.connect(address); break
        except OSError:
            sock.close(); time.sleep(0.1)
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
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >app.py <<'EOF'
import sys
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.wsgi import WSGIContainer
HEADERS = [("Content-Type", "text/plain")]
def app(environ, start_response):
    if environ["PATH_INFO"] == "/ask":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [repr(HEADERS).encode()]
    start_response("200 OK", HEADERS)
    return [b"12345"]
HTTPServer(WSGIContainer(app)).listen(int(sys.argv[1]), "127.0.0.1")
IOLoop.current().start()
EOF
"$work/venv/bin/python" app.py "$port" >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import sys
from ask import ask
def get(path="/"):
    return ask(("127.0.0.1", int(sys.argv[1])), b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
get("/first")
said = get("/ask").partition(b"\r\n\r\n")[2].decode()
print(said)
assert "Content-Length" in said, "changed"
EOF
kill $server
