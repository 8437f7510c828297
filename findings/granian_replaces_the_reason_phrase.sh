#!/usr/bin/env bash
# granian replaces the reason phrase that an app gives: a status that has none registered is sent as "299 <none>".
#
# WSGI's status is a code and a phrase, and a server sends both. The phrase of a registered code is replaced as well.
# Guess before the run: the app's phrase, as with every other WSGI server
# Seen (Python 3.11): HTTP/1.1 299 <none> for "299 Almost", HTTP/1.1 200 OK for "200 Fine"
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9
cd "$work"
cat >ask.py <<"PY"
import socket, sys, time
def ask(port, request):
    for _ in range(200):
        try:
            sock = socket.create_connection(("127.0.0.1", port), 20); break
        except OSError:
            time.sleep(0.1)
    sock.sendall(request)
    data = b""
    while True:
        try:
            part = sock.recv(65536)
        except OSError:
            break
        if not part:
            break
        data += part
    return data
PY
port=$(python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])")
cat >app.py <<'PY'
def app(environ, start_response):
    start_response(environ["QUERY_STRING"].replace("+", " "), [("Content-Type", "text/plain")])
    return [b"x"]
PY
cat >check.py <<'PY'
import sys
from ask import ask
found = []
for status in (b"299+Almost", b"200+Fine"):
    said = ask(int(sys.argv[1]), b"GET /?" + status + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    found.append(said.split(b"\r\n")[0].decode())
print(found)
assert found == ["HTTP/1.1 299 <none>", "HTTP/1.1 200 OK"], "changed"
PY
"$work/venv/bin/granian" --interface wsgi --host 127.0.0.1 --port "$port" app:app >log 2>&1 &
server=$!
python3 check.py "$port" || { kill $server; exit 1; }
kill $server; wait $server || true
