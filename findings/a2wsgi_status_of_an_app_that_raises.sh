#!/usr/bin/env bash
# Behind a2wsgi the client of an app that raises after start_response gets the status of the app: 200, and no body.
#
# Other WSGI servers send 500, since nothing of the response is out yet. uWSGI does as a2wsgi does.
# Guess before the run: 500
# Seen (Python 3.11): HTTP/1.1 200, an empty body
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 a2wsgi==1.10.10
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
import uvicorn
from a2wsgi import WSGIMiddleware
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    raise ValueError("after start_response")
uvicorn.run(WSGIMiddleware(app), host="127.0.0.1", port=int(sys.argv[1]))
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
assert said.split(b" ")[1] == b"200", "changed: the status"
EOF
kill $server
