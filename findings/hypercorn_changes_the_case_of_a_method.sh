#!/usr/bin/env bash
# hypercorn's WSGI writes a request's method in capitals: `get` and `Purge` arrive as GET and PURGE.
#
# Methods are case-sensitive (RFC 9110), so `get` is another one than GET. gunicorn and aiohttp-wsgi refuse it, gevent,
# granian, uvicorn, tornado and Werkzeug hand it over as it came, to be refused by the app with 405.
# Guess before the run: as it came
# Seen (Python 3.11, hypercorn 0.18.0): GET, PURGE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hypercorn==0.18.0
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps(environ["REQUEST_METHOD"]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/hypercorn" -b "127.0.0.1:$port" wsgi:app:app >log 2>&1 &
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
methods = [ask(method + b" / HTTP/1.1\r\n" + HEAD + b"\r\n").split(b"\r\n\r\n")[1] for method in (b"get", b"Purge")]
print(methods)
assert methods == [b'"GET"', b'"PURGE"'], "changed"
EOF
kill $server
