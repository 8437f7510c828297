#!/usr/bin/env bash
# Werkzeug's server lets an app's read of the body fail with OSError where a chunked request has a chunk extension or a
# trailer.
#
# The same request without them is read. The app gets `Invalid chunk header` for the extension, which HTTP/1.1 allows,
# and `Missing chunk terminating newline` for the trailer, so a view that reads the body responds 500.
# Guess before the run: the body, extension and trailer ignored
# Seen (Python 3.11, werkzeug 3.1.9): abc without; OSError with either
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check werkzeug==3.1.9
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    try:
        said = json.dumps(environ["wsgi.input"].read().decode()).encode()
    except OSError as error:
        said = json.dumps("OSError: %s" % error).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), app)
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
HEAD = b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n"
plain = ask(HEAD + b"\r\n3\r\nabc\r\n0\r\n\r\n")
extension = ask(HEAD + b"\r\n3;a=b\r\nabc\r\n0\r\n\r\n")
trailer = ask(HEAD + b"Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
print([data.split(b"\r\n\r\n")[1] for data in (plain, extension, trailer)])
assert b'"abc"' in plain and b"OSError: Invalid chunk header" in extension, "changed"
assert b"OSError: Missing chunk terminating newline" in trailer, "changed"
EOF
kill $server
