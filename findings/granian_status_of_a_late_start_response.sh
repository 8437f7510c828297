#!/usr/bin/env bash
# granian sends 200 where a WSGI app says its status only when its first piece is asked for.
#
# PEP 3333 lets an app call start_response as late as before its iterable yields the first non-empty piece; an
# app that is a generator function does so. granian has sent status and headers by then.
# Guess before the run: the status that the app gives, as with every other server
# Seen (Python 3.11): HTTP/1.1 200 OK, without the header that the app gave
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9
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
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Said", "yes")])
    yield b"nothing here"
EOF
"$work/venv/bin/granian" --interface wsgi --host 127.0.0.1 --port "$port" app:app >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import sys
from ask import ask
said = ask(("127.0.0.1", int(sys.argv[1])), b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
print(said.decode("latin-1"))
assert said.startswith(b"HTTP/1.1 200"), "changed: the status"
assert b"x-said" not in said.lower(), "changed: the headers"
EOF
kill $server
