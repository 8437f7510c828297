#!/usr/bin/env bash
# Twisted's WSGI puts Content-Length and Content-Type into the environ twice, with HTTP_ before them and without.
#
# PEP 3333 has them as CONTENT_LENGTH and CONTENT_TYPE; what copies the HTTP_ names into headers, as logs and proxies
# written in Python do, then has them twice. netius and rocket3 do the same.
# Guess before the run: without HTTP_ alone
# Seen (Python 3.11, twisted 26.10.0): CONTENT_LENGTH, CONTENT_TYPE, HTTP_CONTENT_LENGTH and HTTP_CONTENT_TYPE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check twisted==26.10.0
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps(sorted(name for name in environ if "CONTENT_" in name)).encode()
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
data = ask(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc")
print(data.split(b"\r\n\r\n")[1])
assert b'["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"]' in data, "changed"
EOF
kill $server
