#!/usr/bin/env bash
# rocket3 sends the status of a thread's last response where an app never calls start_response.
#
# Whoever asks next gets what was said to somebody else: a worker keeps `status` from one request to the next. Other servers
# respond with 500 to an app that never says a status.
# Guess before the run: 200, which is what a worker begins with, for the second
# Seen (Python 3.11, rocket3 20260526.0): 503 for both
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check rocket3==20260526.0
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >app.py <<'EOF'
import sys

from rocket3 import Rocket3


def app(environ, start_response):
    if environ["PATH_INFO"] == "/first":
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
    return [b"text"]


Rocket3(("127.0.0.1", int(sys.argv[1])), "wsgi", {"wsgi_app": app}, min_threads=1, max_threads=1).start()
EOF
"$work/venv/bin/python" app.py "$port" >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { cat log; kill $server; exit 1; }
import socket
import sys
import time


def ask(path):
    for _ in range(200):
        try:
            sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
            break
        except OSError:
            time.sleep(0.1)
    sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    data = b""
    while True:
        part = sock.recv(65536)
        if not part:
            return data
        data += part


first, second = ask(b"/first"), ask(b"/second")
print(first, second)
assert first.startswith(b"HTTP/1.1 503") and second.startswith(b"HTTP/1.1 503"), "changed"
EOF
kill $server
