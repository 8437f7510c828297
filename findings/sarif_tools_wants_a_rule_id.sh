#!/usr/bin/env bash
# sarif-tools raises KeyError for a result that names its rule by `ruleIndex` or `rule` alone.
#
# SARIF lets ruleId be left out where one of them tells the rule; its schema requires none of the three.
# Guess before the run: the id of the rule at that index
# Seen (Python 3.11): KeyError: 'ruleId', for both
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5
cd "$work"
for rule in '"ruleIndex": 0' '"rule": {"id": "R1"}'; do
    printf '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t", "rules": [{"id": "R1"}]}}, "results": [{%s, "message": {"text": "m"}}]}]}' "$rule" >a.sarif
    ! "$work/venv/bin/sarif" summary a.sarif >said 2>&1 || { echo "changed: $rule is taken"; exit 1; }
    tail -1 said
    tail -1 said | grep -q "KeyError: 'ruleId'" || { echo changed; exit 1; }
done
