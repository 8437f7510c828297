#!/usr/bin/env bash
# sarif-tools shows one letter of a message that begins with the id of its rule.
#
# Guess before the run: the message, perhaps without the id
# Seen (Python 3.11): " - a-rule g: 1", for the message "a-rule goes wrong"
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5
cd "$work"
printf '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "a-rule", "message": {"text": "a-rule goes wrong"}}]}]}' >a.sarif
"$work/venv/bin/sarif" summary a.sarif | tee said
grep -q '^ - a-rule g: 1$' said || { echo changed; exit 1; }
