#!/usr/bin/env bash
# Metlo's own agent for Flask reports nothing, and says nothing, on servers that give an app no REMOTE_PORT.
#
# WSGI does not ask for one: granian, hypercorn, tornado and others leave it away, and every server may on a Unix
# socket. The agent makes a number of it before it reports, and logs what that raises only for those who debug it.
# Guess before the run: the trace goes without a port
# Seen (Python 3.11): waitress 127.0.0.1: no error; granian: int() argument must be a string, ..., not 'NoneType'
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check metlo==0.1.5 Flask==3.1.3 granian==2.8.9 waitress==3.0.2
cd "$work"
cat >app.py <<'PY'
import logging

from flask import Flask
from metlo.flask import MetloFlask

logging.getLogger("metlo").setLevel(logging.DEBUG)  # else it says nothing of it
app = Flask(__name__)
MetloFlask(app, "http://127.0.0.1", "key", COLLECTOR_PORT=1, BACKEND_PORT=1, LOG_LEVEL=logging.DEBUG)


@app.get("/")
def hello():
    return "hello"
PY
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ask() {
    python3 - "$1" <<'PY'
import sys, time, urllib.request
for _ in range(200):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:%s/" % sys.argv[1], timeout=20).read().decode())
        break
    except OSError:
        time.sleep(0.1)
else:
    raise SystemExit("no server")
PY
}
port=$(free)
"$work/venv/bin/waitress-serve" --listen "127.0.0.1:$port" app:app >waitress.log 2>&1 &
server=$!
ask "$port" || { kill $server; exit 1; }
kill $server; wait $server || true
port=$(free)
"$work/venv/bin/granian" --interface wsgi --host 127.0.0.1 --port "$port" app:app >granian.log 2>&1 &
server=$!
ask "$port" || { kill $server; exit 1; }
kill $server; wait $server || true
grep -a NoneType granian.log || { echo "changed: granian"; exit 1; }
! grep -a NoneType waitress.log || { echo "changed: waitress"; exit 1; }
