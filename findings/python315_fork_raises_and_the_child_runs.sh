#!/usr/bin/env bash
# Python 3.15 raises out of os.fork where warnings are errors and a thread runs: in the parent, when the child runs already.
#
# So multiprocessing, `app.run(processes=4)` and a view that forks fail in the parent, which never learns the child's pid and
# waits for it nowhere, while the child does its work. Who retries has it done twice.
# Guess before the run: whatever raises does so before there is a child
# Seen: 3.14.10 says "parent" and "child" (the error is swallowed), 3.15.2 "raised" and "child". 3.15 alone is looked for here: in the
# folder of scripts/newer-pythons it is run by `scripts/newer-pythons run bash findings/…`.
set -eu
python=$(command -v python3.15) || { echo "no Python 3.15 here"; exit 77; }
"$python" -W error - <<'EOF'
import os, sys, threading
reading, writing = os.pipe()
done = threading.Event()
threading.Thread(target=done.wait).start()
try:
    pid = os.fork()
except DeprecationWarning:
    os.write(writing, b"raised ")
else:
    os.write(writing, b"parent " if pid else b"child ")
    if not pid:
        os._exit(0)
os.wait()
done.set()
said = sorted(os.read(reading, 100).split())
print(sys.version.split()[0], said)
assert said == [b"child", b"raised"], "changed"
EOF
