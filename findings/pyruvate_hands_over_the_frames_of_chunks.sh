#!/usr/bin/env bash
# pyruvate gives an app the frames of a chunked body as if they were the body.
#
# wsgi.input has the chunk sizes and line ends as they came, and CONTENT_LENGTH is their length, an int, though the
# client sent none. An app that reads JSON finds none.
# Guess before the run: the body, or nothing without a Content-Length
# Seen (Python 3.11, pyruvate 1.6.1): '3\r\nabc\r\n0\r\n\r\n' in wsgi.input, CONTENT_LENGTH 13
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyruvate==1.6.1
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH")
    said = json.dumps([repr(length), environ["wsgi.input"].read(int(length or 0)).decode()]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    import pyruvate

    pyruvate.serve(app, "127.0.0.1:" + sys.argv[1], 2)
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
data = ask(b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
print(data.split(b"\r\n\r\n")[1])
assert rb'["13", "3\r\nabc\r\n0\r\n\r\n"]' in data, "changed"
EOF
kill $server
