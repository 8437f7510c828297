#!/usr/bin/env bash
# eventlet tells an app that a GET without a body has the content type text/plain.
#
# CONTENT_TYPE is set although the client sent no Content-Type header, so an app cannot tell a missing type from
# a given one.
# Guess before the run: CONTENT_TYPE absent
# Seen (Python 3.11): CONTENT_TYPE text/plain
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check eventlet==0.41.3
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
import eventlet
from eventlet import wsgi
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    return [repr(environ.get("CONTENT_TYPE")).encode()]
wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app)
EOF
"$work/venv/bin/python" app.py "$port" >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import sys
from ask import ask
said = ask(("127.0.0.1", int(sys.argv[1])), b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
print(said.decode("latin-1"))
assert b"'text/plain'" in said, "changed"
EOF
kill $server
