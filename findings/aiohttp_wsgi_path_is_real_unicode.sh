#!/usr/bin/env bash
# aiohttp-wsgi gives an app a PATH_INFO of real characters, not of bytes as Latin-1.
#
# PEP 3333 has native strings that hold bytes: an app decodes them by .encode("latin-1").decode("utf-8"). With
# aiohttp-wsgi that raises for a character above U+00FF, and gives a replacement for one below.
# Guess before the run: '/cafÃ©' as with every other server
# Seen (Python 3.11): '/café'
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp-wsgi==0.10.0
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
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [ascii(environ["PATH_INFO"]).encode()]
EOF
"$work/venv/bin/aiohttp-wsgi-serve" --host 127.0.0.1 --port "$port" app:app >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { cat log; kill $server; exit 1; }
import sys
from ask import ask
said = ask(("127.0.0.1", int(sys.argv[1])), b"GET /caf%C3%A9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
print(said.decode("latin-1"))
assert b"'/caf\\xe9'" in said, "changed"
EOF
kill $server
