#!/usr/bin/env bash
# python-dotenv replaces ${NAME} between single quotes too, and cannot be told not to within the file.
#
# A shell takes what stands in single quotes as it is, and so do honcho, python-decouple and starlette. An unset
# name becomes nothing, so a key with such a text in it arrives shorter; a backslash before the $ stays in the
# value and hinders nothing. `$NAME` without braces is never replaced, `${NAME-default}` loses its default.
# Guess before the run: single quotes keep their text, a backslash keeps the $
# Seen (Python 3.11): {'A': 'ab', 'B': 'a\\b', 'C': 'a$UNSETb', 'D': '', 'E': 'default'}
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-dotenv==1.2.4
cd "$work"
cat >.env <<'ENV'
A='a${UNSET_NAME}b'
B='a\${UNSET_NAME}b'
C='a$UNSETb'
D=${UNSET_NAME-default}
E=${UNSET_NAME:-default}
ENV
"$work/venv/bin/python" - <<'PY'
from dotenv import dotenv_values

found = dict(dotenv_values(".env"))
print(found)
assert found == {"A": "ab", "B": "a\\b", "C": "a$UNSETb", "D": "", "E": "default"}, "changed"
PY
