#!/usr/bin/env bash
# cheroot gives an app the asterisk of `OPTIONS *` as the path `/*`, which is also that of `OPTIONS /*`.
#
# The asterisk asks for the server as a whole. Most servers hand over `*`; aiohttp-wsgi and Twisted answer by
# themselves, with 404 and 200. REQUEST_URI tells the two apart.
# Guess before the run: PATH_INFO *
# Seen (Python 3.11, cheroot 11.1.2): PATH_INFO /* for both, REQUEST_URI * and /*
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check cheroot==11.1.2
cd "$work"
cat >app.py <<'EOF'
import json


def app(environ, start_response):
    said = json.dumps([environ["PATH_INFO"], environ["REQUEST_URI"]]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(said)))])
    return [said]
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/python" -m cheroot --bind "127.0.0.1:$port" app:app >log 2>&1 &
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
said = [ask(b"OPTIONS " + target + b" HTTP/1.1\r\n" + HEAD + b"\r\n").split(b"\r\n\r\n")[1] for target in (b"*", b"/*")]
print(said)
assert said == [b'["/*", "*"]', b'["/*", "/*"]'], "changed"
EOF
kill $server
