#!/usr/bin/env bash
# Python 3.13 looks for threads when the callbacks after a fork have run, 3.12 and 3.14 before them.
#
# A library that ends its threads in `register_at_fork(before=)` and starts them again in `after_in_parent=` causes
# the DeprecationWarning of os.fork on 3.13, and on none of the others.
# Guess before the run: the threads are counted at the moment of the fork, in all versions
# Seen: 3.12.1 quiet, 3.13.0 warns, 3.14.10 and 3.15.2 quiet. 3.13 alone is looked for here, on PATH or among pyenv's.
set -eu
python=$(command -v python3.13 || ls -d "$HOME"/.pyenv/versions/3.13.*/bin/python3.13 2>/dev/null | head -n 1)
[ -n "$python" ] && "$python" -c '' 2>/dev/null || python=$(ls -d "$HOME"/.pyenv/versions/3.13.*/bin/python3.13 | head -n 1)
"$python" -W error - <<'EOF'
import _thread, os, sys, time, warnings
os.register_at_fork(after_in_parent=lambda: _thread.start_new_thread(time.sleep, (1,)))
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
said = [str(each.message) for each in caught]
print(sys.version.split()[0], said)
assert sys.version_info[:2] == (3, 13) and "multi-threaded" in said[0], "changed"
EOF
