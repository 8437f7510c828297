#!/usr/bin/env bash
# sarif-tools counts results that are suppressed, or gone since the baseline, as errors; its exit status is their number.
#
# SARIF has `suppressions` for what was looked at and accepted, and baselineState "absent" for what an earlier run had
# and this one has not. Code scanning closes both; `sarif --check error` fails a pipeline for them.
# Guess before the run: neither counts
# Seen (Python 3.11): error: 3, exit status 3 (one open, one suppressed, one absent)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5
cd "$work"
cat >make.py <<'PY'
import json

def result(number, **more):
    return {"ruleId": "R1", "message": {"text": "message %d" % number}, **more}

results = [result(1), result(2, suppressions=[{"kind": "external", "justification": "accepted"}]), result(3, baselineState="absent")]
driver = {"name": "t", "rules": [{"id": "R1", "defaultConfiguration": {"level": "error"}}]}
json.dump({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, open("a.sarif", "w"))
PY
python3 make.py
status=0
"$work/venv/bin/sarif" --check error summary a.sarif >said 2>&1 || status=$?
cat said
echo "exit status $status"
grep -q '^error: 3' said && [ $status = 3 ] || { echo changed; exit 1; }
