#!/usr/bin/env bash
# Where an app raises after its first piece, rocket3 writes a second status line and a 500 into the body under way.
#
# The response is chunked and has begun: the client meets "HTTP/1.1 500" in the place of the next chunk's length.
# Guess before the run: the connection is closed
# Seen (Python 3.11): the first chunk, then "HTTP/1.1 500 Server Error" and its headers
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check rocket3==20260526.0
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
from rocket3 import Rocket3
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"first;"
    raise ValueError("after a piece")
Rocket3(("127.0.0.1", int(sys.argv[1])), "wsgi", {"wsgi_app": app}).start()
EOF
"$work/venv/bin/python" app.py "$port" >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import sys
from ask import ask
def get(path="/"):
    return ask(("127.0.0.1", int(sys.argv[1])), b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
said = get()
print(said.decode("latin-1"))
assert said.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 500" in said.partition(b"\r\n\r\n")[2], "changed"
EOF
kill $server
