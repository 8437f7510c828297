#!/usr/bin/env bash
# With PYTHON_LAZY_IMPORTS=all on Python 3.15 SQLAlchemy has no events, so create_engine fails.
#
# Its events come into being by the import of modules of which no name is ever used. A lazy import of those never runs. So a
# collector or an app that stands on SQLAlchemy has to be started without that setting, even where its own imports are eager.
# Flask, requests, gevent and gunicorn's workers start with it (3.15.2, November 2026).
# Guess before the run: it works, since what is imported late is still imported before it is used
# Seen (3.15.2, SQLAlchemy 2.1.9): InvalidRequestError, No such event 'connect' for target <… SingletonThreadPool …>. 3.15 alone is
# looked for here: in the folder of scripts/newer-pythons it is run by `scripts/newer-pythons run bash findings/…`.
set -eu
python=$(command -v python3.15) || { echo "no Python 3.15 here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SQLAlchemy==2.1.9
for mode in normal all; do
    PYTHON_LAZY_IMPORTS=$mode "$work/venv/bin/python" - $mode <<'EOF'
import sys
import sqlalchemy
try:
    said = str(sqlalchemy.create_engine("sqlite://"))
except Exception as error:
    said = "%s: %s" % (type(error).__name__, error)
print(sys.version.split()[0], sys.argv[1], said)
assert ("No such event 'connect'" in said) == (sys.argv[1] == "all"), "changed"
EOF
done
