#!/usr/bin/env bash
# Over HTTP/2 granian and a2wsgi make one cookie of two: a=1 and b=2 arrive as "a=1,b=2".
#
# A client may send each cookie in a field of its own over HTTP/2, and browsers do. RFC 9113 wants them joined by "; "
# before anything that is not HTTP/2 sees them. granian does so for WSGI (without the space) and not for ASGI; a2wsgi
# joins every repeated field by a comma. hypercorn joins them itself.
# Guess before the run: a=1; b=2, everywhere
# Seen (Python 3.11): granian wsgi a=1;b=2; granian asgi with a2wsgi a=1,b=2; hypercorn with a2wsgi a=1; b=2
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9 a2wsgi==1.10.10 hypercorn==0.18.0 h2==4.4.0
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
from a2wsgi import WSGIMiddleware

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ.get("HTTP_COOKIE", "").encode()]

asgi = WSGIMiddleware(app)
PY
cat >check.py <<'PY'
import socket, sys, time
import h2.config, h2.connection, h2.events

for _ in range(200):
    try:
        sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
        break
    except OSError:
        time.sleep(0.1)
client = h2.connection.H2Connection(h2.config.H2Configuration(normalize_outbound_headers=False))
client.initiate_connection()
fields = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "a.example"), ("cookie", "a=1"), ("cookie", "b=2")]
client.send_headers(1, fields, end_stream=True)
sock.sendall(client.data_to_send())
found, ended = b"", False
while not ended:
    for event in client.receive_data(sock.recv(65536)):
        found += event.data if isinstance(event, h2.events.DataReceived) else b""
        ended = ended or isinstance(event, h2.events.StreamEnded)
    sock.sendall(client.data_to_send())
print(sys.argv[2], found.decode())
assert found.decode() == sys.argv[3], "changed"
PY
run() {
    "$work/venv/bin/$1" "${@:4}" >log 2>&1 &
    server=$!
    "$work/venv/bin/python" check.py "$port" "$2" "$3" || { kill $server; exit 1; }
    kill $server; wait $server || true
}
run granian "granian wsgi" "a=1;b=2" --interface wsgi --http 2 --host 127.0.0.1 --port "$port" app:app
run granian "granian asgi, a2wsgi" "a=1,b=2" --interface asgi --http 2 --host 127.0.0.1 --port "$port" app:asgi
run hypercorn "hypercorn, a2wsgi" "a=1; b=2" --bind "127.0.0.1:$port" app:asgi
