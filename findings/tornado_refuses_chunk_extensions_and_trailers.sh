#!/usr/bin/env bash
# Tornado responds 400 to a chunked request that has a chunk extension or a trailer; both are HTTP/1.1.
#
# RFC 9112 lets a recipient ignore either, and wants it to read them. The same request without them is taken. Clients
# that stream uploads with a checksum send one or the other.
# Guess before the run: 200, extension and trailer ignored
# Seen (Python 3.11, tornado 6.6.1): 200 without, 400 with `3;a=b`, 400 with `X-Sum: 1` behind the last chunk
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 1000)).decode()).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop
    from tornado.wsgi import WSGIContainer

    HTTPServer(WSGIContainer(app)).listen(int(sys.argv[1]), "127.0.0.1")
    IOLoop.current().start()
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
print([data[:12] for data in (plain, extension, trailer)])
assert [data[9:12] for data in (plain, extension, trailer)] == [b"200", b"400", b"400"], "changed"
EOF
kill $server
