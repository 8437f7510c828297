#!/usr/bin/env bash
# fastwsgi responds 400 to `Transfer-Encoding: Chunked`; it knows the word in small letters alone.
#
# Names of transfer codings are case-insensitive (RFC 9112), and every other WSGI server that was tried takes either
# spelling.
# Guess before the run: 200 for both
# Seen (Python 3.11, fastwsgi 0.0.9): 200 for `chunked`, 400 for `Chunked`
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check fastwsgi==0.0.9
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 1000)).decode()).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    import fastwsgi

    fastwsgi.run(app, host="127.0.0.1", port=int(sys.argv[1]))
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
lower, upper = (ask(b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: " + word + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                for word in (b"chunked", b"Chunked"))
print(lower[:15], upper[:15])
assert lower.startswith(b"HTTP/1.1 200") and b'"abc"' in lower and upper.startswith(b"HTTP/1.1 400"), "changed"
EOF
kill $server
