#!/usr/bin/env bash
# honcho reads another API key from the same .env file than python-dotenv: it cuts a value at a # that follows no space.
#
# It also forgets lines that begin with `export`, and variables that are set to nothing; neither is said.
# Guess before the run: a comment begins after a space, as python-dotenv, docker compose and a shell have it
# Seen (Python 3.11): honcho {'KEY': 'abc'}; python-dotenv {'KEY': 'abc#def', 'OTHER': 'x', 'EMPTY': ''}
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check honcho==2.0.0 python-dotenv==1.2.4
cd "$work"
printf 'KEY=abc#def\nexport OTHER=x\nEMPTY=\n' >.env
printf 'show: sh -c "echo KEY=$KEY"\n' >Procfile
"$work/venv/bin/honcho" start >said 2>&1
cat said
grep -q 'KEY=abc$' said || { echo "changed: what a process of honcho gets"; exit 1; }
"$work/venv/bin/python" - <<'PY'
from dotenv import dotenv_values
from honcho.environ import parse

by_honcho, by_dotenv = parse(open(".env").read()), dict(dotenv_values(".env"))
print("honcho", by_honcho)
print("python-dotenv", by_dotenv)
assert by_honcho == {"KEY": "abc"}, "changed: honcho"
assert by_dotenv == {"KEY": "abc#def", "OTHER": "x", "EMPTY": ""}, "changed: python-dotenv"
PY
