#!/usr/bin/env bash
# python-stdnum calls nothing but zeros a valid number in 62 of its modules: NHS number, SIREN, US routing number, and others.
#
# Their check digits are sums, and the sum of zeros fits. Fields that are not filled in hold such values, so who looks for
# personal numbers in traffic finds many that are none.
# Guess before the run: fewer than ten modules, since most exclude it
# Seen (python-stdnum 2.2, Python 3.11): 62 of 213 modules of countries and kinds take 000000, or more zeros
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
"$work/venv/bin/python" - <<'EOF'
import importlib
import pkgutil

import stdnum

modules = []
for found in pkgutil.walk_packages(stdnum.__path__, "stdnum."):
    if found.name.count(".") == 2:
        try:
            module = importlib.import_module(found.name)
        except ImportError:  # wants a package more
            continue
        if hasattr(module, "is_valid"):
            modules.append(module)
taken = [module.__name__[7:] for module in modules if any(module.is_valid("0" * length) for length in range(6, 19))]
print(len(taken), "of", len(modules), taken)
assert (len(taken), len(modules)) == (62, 213), "changed"
assert {"gb.nhs", "fr.siren", "us.rtn", "us.tin", "au.tfn", "pl.nip"} <= set(taken), "changed"
EOF
