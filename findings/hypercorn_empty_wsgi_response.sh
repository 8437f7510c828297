#!/usr/bin/env bash
# hypercorn answers 500 to each WSGI response that has no body.
#
# An app may return an empty list: that is what Flask does for HEAD, 204 and 304. hypercorn runs the app and
# then sends its own 500.
# Guess before the run: 204, as the app says
# Seen (Python 3.11): HTTP/1.1 500
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hypercorn==0.18.0
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
def app(environ, start_response):
    start_response("204 No Content", [])
    return []
EOF
"$work/venv/bin/hypercorn" --bind "127.0.0.1:$port" wsgi:app:app >log 2>&1 || "$work/venv/bin/hypercorn" --bind "127.0.0.1:$port" wsgi:app >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import sys
from ask import ask
said = ask(("127.0.0.1", int(sys.argv[1])), b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
print(said.decode("latin-1"))
assert said.split(b" ")[1] == b"500", "changed: the status"
EOF
kill $server
