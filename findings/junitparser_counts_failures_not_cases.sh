#!/usr/bin/env bash
# junitparser's update_statistics counts each <failure> of a test case, so a suite may have more failures than tests.
#
# JUnit's `failures` counts test cases that failed, and one with two failures, as soft assertions write it, is one.
# Guess before the run: 1 test, 1 failure
# Seen (Python 3.11, junitparser 5.0.3): 1 test, 2 failures
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check junitparser==5.0.3
cd "$work"
cat >tests.xml <<'EOF'
<testsuites>
  <testsuite name="orders" tests="1" failures="1">
    <testcase classname="orders" name="list"><failure message="status">500</failure><failure message="type">text</failure></testcase>
  </testsuite>
</testsuites>
EOF
"$work/venv/bin/python" - <<'EOF'
from junitparser import JUnitXml

tests = JUnitXml.fromfile("tests.xml")
before = [(suite.tests, suite.failures) for suite in tests]
tests.update_statistics()
after = [(suite.tests, suite.failures) for suite in tests]
print(before, after)
assert (before, after) == ([(1, 1)], [(1, 2)]), "changed"
EOF
