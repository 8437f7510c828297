#!/usr/bin/env bash
# Python 3.15's `calendar` calls time.strftime 48 times when it is imported; `requests` imports it.
#
# So a test that has mocked `time.strftime` while something imports requests for the first time finds 48 calls that nobody made.
# An agent that imports its uploader late does that to the app's tests.
# Guess before the run: none, in all versions; the names are looked up when a calendar is printed
# Seen (requests 2.34.2): 3.11.7, 3.13.0, 3.14.10 and PyPy 8.0.1 0; 3.15.2 48. 3.15 alone is looked for here: in the folder of
# scripts/newer-pythons it is run by `scripts/newer-pythons run bash findings/…`.
set -eu
python=$(command -v python3.15) || { echo "no Python 3.15 here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2
"$work/venv/bin/python" - <<'EOF'
import sys, time
from unittest import mock
assert "calendar" not in sys.modules
with mock.patch("time.strftime", return_value="mocked") as strftime:
    import requests
print(sys.version.split()[0], strftime.call_count, "calls")
assert strftime.call_count == 48, "changed"
EOF
