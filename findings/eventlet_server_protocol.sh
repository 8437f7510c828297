#!/usr/bin/env bash
# eventlet says SERVER_PROTOCOL HTTP/1.0 whatever the client speaks, and answers in HTTP/1.1.
#
# The value is fixed. Responses go out in HTTP/1.1, chunked where they are streams, so an app cannot learn from it what
# the client understands.
# Guess before the run: HTTP/1.1 for a client that says so
# Seen (Python 3.11, eventlet 0.41.3): HTTP/1.0 in the environ for a request line with HTTP/1.1; the status line of the response says HTTP/1.1
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check eventlet==0.41.3
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps(environ["SERVER_PROTOCOL"]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    import eventlet
    from eventlet import wsgi

    wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app)
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/python" app.py "$port" >log 2>&1 &
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
data = ask(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
print(data.split(b"\r\n")[0], data.split(b"\r\n\r\n")[1])
assert data.startswith(b"HTTP/1.1 200") and data.endswith(b'"HTTP/1.0"'), "changed"
EOF
kill $server
