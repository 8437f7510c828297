#!/usr/bin/env bash
# gevent's pywsgi goes through a response that is a list a second time while it sends it.
#
# It does so to add up a Content-Length where the app gave none. Code that stands in for the list, and counts or
# records the pieces as they pass, meets each of them twice.
# Guess before the run: __iter__ once
# Seen (Python 3.11): __iter__ twice, the second time before the first piece has been sent
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gevent==26.9.0
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
from gevent.pywsgi import WSGIServer
begun = []
class Pieces(list):
    def __iter__(self):
        begun.append(1)
        return list.__iter__(self)
def app(environ, start_response):
    if environ["PATH_INFO"] == "/ask":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1")])
        return [str(len(begun)).encode()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Pieces([b"one;", b"two;"])
WSGIServer(("127.0.0.1", int(sys.argv[1])), app, log=None).serve_forever()
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
assert said == "2", "changed"
EOF
kill $server
