#!/usr/bin/env bash
# On a Unix socket waitress gives an app REMOTE_PORT as the text "None" and SERVER_PORT as the path of the socket.
#
# Both are set and non-empty, so code that takes them for numbers, or for absent when empty, meets a word and a
# path.
# Guess before the run: both absent, or empty
# Seen (Python 3.11): REMOTE_PORT None, SERVER_PORT the path, SERVER_NAME waitress.invalid, REMOTE_ADDR localhost
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check waitress==3.0.2
cd "$work"
cat >ask.py <<'EOF'
import socket, sys, time
def ask(address, request, family=socket.AF_INET):
    for _ in range(200):
        try:
            sock = socket.socket(family); sock.settimeout(20); sock.connect(address); break
        except OSError:
            sock.close(); time.sleep(0.1)
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
EOF
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >app.py <<'EOF'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr([environ.get(name) for name in ("REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT")]).encode()]
EOF
"$work/venv/bin/waitress-serve" --unix-socket="$work/socket" app:app >log 2>&1 &
server=$!
python3 - "$work/socket" <<'EOF' || { kill $server; exit 1; }
import ast, socket, sys
from ask import ask
said = ask(sys.argv[1], b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", socket.AF_UNIX)
found = ast.literal_eval(said.partition(b"\r\n\r\n")[2].decode())
print(found)
assert found == ["localhost", "None", "waitress.invalid", sys.argv[1]], "changed"
EOF
kill $server
