#!/usr/bin/env bash
# granian hands a header over as empty where its value has a character beyond ASCII.
#
# The header is in the environ, so an app cannot tell it from one that the client sent empty. PEP 3333 wants its bytes
# as Latin-1, which the other WSGI servers do, and the characters are allowed in a field value (obs-text of RFC 9110).
# Guess before the run: the bytes as Latin-1, or 400
# Seen (Python 3.11, granian 2.8.9): X-Name: Zoë gives "" in HTTP_X_NAME, in UTF-8 and in Latin-1; X-Plain: Zoe gives "Zoe"
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps({name: value for name, value in environ.items() if name.startswith("HTTP_X_")}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/granian" --interface wsgi --port "$port" app:app >log 2>&1 &
server=$!
python3 - "$port" <<'EOF' || { kill $server; exit 1; }
import socket, sys, time


def ask(raw):
    for _ in range(200):
        try:
            sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
            break
        except OSError:
            time.sleep(0.1)
    sock.sendall(raw)
    data = b""
    while True:
        part = sock.recv(65536)
        if not part:
            return data
        data += part


HEAD = b"Host: shop.example\r\nConnection: close\r\n"
for name in ("Zo\u00eb".encode(), "Zo\u00eb".encode("latin-1")):
    data = ask(b"GET / HTTP/1.1\r\n" + HEAD + b"X-Name: " + name + b"\r\nX-Plain: Zoe\r\n\r\n")
    print(data.split(b"\r\n\r\n")[1])
    assert b'"HTTP_X_NAME": ""' in data and b'"HTTP_X_PLAIN": "Zoe"' in data, "changed"
EOF
kill $server
