#!/usr/bin/env bash
# Twisted's WSGI resource responds 500 to every request that comes over a Unix socket: it asks the peer's address for
# a host, which a Unix address has not, before the app is called.
#
# The site listens on the socket without complaint, and resources that are not WSGI are served there.
# Guess before the run: 200, with an empty REMOTE_ADDR
# Seen (Python 3.11, twisted 26.10.0): 500, AttributeError "'UNIXAddress' object has no attribute 'host'"; the app is
# not called; a plain resource on the same socket responds 200
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check twisted==26.10.0
cd "$work"
cat >serve.py <<'EOF'
import sys

from twisted.internet import reactor
from twisted.python import log
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data
from twisted.web.wsgi import WSGIResource


def app(environ, start_response):
    print("the app is called", flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"well"]


log.startLogging(sys.stderr)
root = Resource()
root.putChild(b"plain", Data(b"well", "text/plain"))
root.putChild(b"wsgi", WSGIResource(reactor, reactor.getThreadPool(), app))
reactor.listenUNIX("socket", Site(root))
reactor.run()
EOF
"$work/venv/bin/python" serve.py >log 2>&1 &
server=$!
python3 - <<'EOF' || { kill $server; exit 1; }
import socket, time


def ask(path):
    for _ in range(200):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(20)
        try:
            sock.connect("socket")
            break
        except OSError:
            sock.close()
            time.sleep(0.1)
    sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    data = b""
    while True:
        part = sock.recv(65536)
        if not part:
            return data
        data += part


plain, wsgi = ask(b"/plain"), ask(b"/wsgi/")
print(plain.split(b"\r\n")[0], wsgi.split(b"\r\n")[0])
assert plain.startswith(b"HTTP/1.1 200") and wsgi.startswith(b"HTTP/1.1 500"), "changed"
log = open("log").read()
assert "'UNIXAddress' object has no attribute 'host'" in log and "the app is called" not in log, "changed"
EOF
kill $server
