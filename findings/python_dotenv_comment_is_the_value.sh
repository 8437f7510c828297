#!/usr/bin/env bash
# python-dotenv before 1.2.4 takes a comment that stands in the place of a value for the value.
#
# `KEY= # the key` gives "# the key" there, and "" from 1.2.4 on. An agent that takes what it is given sends the comment
# as its API key. So nobody of ours asks python-dotenv whether there is a value: the line itself says it.
# Guess before the run: "" in all versions, as `KEY=x # the key` gives "x"
# Seen (Python 3.11): 1.2.1 '# the key', 1.2.4 ''
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
for version in 1.2.1 1.2.4; do
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check "python-dotenv==$version"
    "$work/venv/bin/python" - "$version" <<'EOF'
import io, sys
from dotenv import dotenv_values
found = dict(dotenv_values(stream=io.StringIO("KEY= # the key\nOTHER=x # the key\n")))
print(sys.argv[1], found)
assert found == {"KEY": "# the key" if sys.argv[1] == "1.2.1" else "", "OTHER": "x"}, "changed"
EOF
done
