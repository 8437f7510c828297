#!/usr/bin/env bash
# Twisted's WSGI takes the first letter off a URL that a request line has whole: PATH_INFO is
# `/ttp://shop.example/orders`.
#
# HTTP/1.1 wants servers to accept the absolute form, which clients send to proxies and some send to all. gunicorn,
# granian and Werkzeug give the app /orders; gevent, hypercorn and uvicorn give it the URL as the path, but whole.
# Guess before the run: /orders, or http://shop.example/orders
# Seen (Python 3.11, twisted 26.10.0): PATH_INFO /ttp://shop.example/orders, SCRIPT_NAME empty
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check twisted==26.10.0
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps([environ["SCRIPT_NAME"], environ["PATH_INFO"]]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]


if __name__ == "__main__":
    import sys

    from twisted.internet import reactor
    from twisted.web.server import Site
    from twisted.web.wsgi import WSGIResource

    reactor.listenTCP(int(sys.argv[1]), Site(WSGIResource(reactor, reactor.getThreadPool(), app)), interface="127.0.0.1")
    reactor.run()
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
data = ask(b"GET http://shop.example/orders HTTP/1.1\r\n" + HEAD + b"\r\n")
print(data.split(b"\r\n\r\n")[1])
assert b'["", "/ttp://shop.example/orders"]' in data, "changed"
EOF
kill $server
