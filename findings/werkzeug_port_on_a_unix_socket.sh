#!/usr/bin/env bash
# On a Unix socket Werkzeug's server takes the first two letters of the path for host and port.
#
# SERVER_NAME is the first letter of the socket's path and SERVER_PORT the second, since the address is a text
# where it expects a pair.
# Guess before the run: the path in one of them
# Seen (Python 3.11): SERVER_NAME "/", SERVER_PORT "t" for /tmp/…
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check werkzeug==3.1.9
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
from werkzeug.serving import run_simple
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr([environ.get(name) for name in ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR")]).encode()]
run_simple("unix://" + sys.argv[1], 0, app)
EOF
"$work/venv/bin/python" app.py "$work/socket" >log 2>&1 &
server=$!
python3 - "$work/socket" <<'EOF' || { kill $server; exit 1; }
import ast, socket, sys
from ask import ask
said = ask(sys.argv[1], b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", socket.AF_UNIX)
found = ast.literal_eval(said.partition(b"\r\n\r\n")[2].decode())
print(found)
assert found[:2] == [sys.argv[1][0], sys.argv[1][1]], "changed"
EOF
kill $server
