#!/usr/bin/env bash
# The reader `openapi3` takes a document that says it is OpenAPI 3.1, and refuses a list of types in it, which is how 3.1
# writes a value that may be null. With one type for each value the same document is read.
#
# Guess before the run: read
# Seen (openapi3 1.8.2, Python 3.11): SpecError "Expected … to be one of [<class 'str'>], got <class 'list'>", the document read
# otherwise; aiopenapi3 0.11.0, openapi-pydantic 0.6.0 and openapi-spec-validator 0.9.0 take it
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openapi3==1.8.2 aiopenapi3==0.11.0 openapi-pydantic==0.6.0 \
    openapi-spec-validator==0.9.0
cd "$work"
"$work/venv/bin/python" - <<'EOF'
import copy

import aiopenapi3
import openapi3
import openapi_pydantic
import openapi_spec_validator


def document(kind):
    schema = {"type": "object", "properties": {"count": {"type": kind}}}
    responses = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    return {"openapi": "3.1.0", "info": {"title": "orders", "version": "1"}, "paths": {"/orders": {"get": {"responses": responses}}}}


def said(read, kind):
    try:
        read(copy.deepcopy(document(kind)))
        return "read"
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


readers = {
    "openapi3": openapi3.OpenAPI,
    "aiopenapi3": lambda text: aiopenapi3.OpenAPI("http://127.0.0.1/", text),
    "openapi-pydantic": openapi_pydantic.parse_obj,
    "openapi-spec-validator": openapi_spec_validator.validate,
}
found = {name: (said(read, "integer"), said(read, ["integer", "null"])) for name, read in readers.items()}
for name, texts in found.items():
    print(name, *texts, sep=" | ")
refused = found.pop("openapi3")
assert refused[0] == "read" and refused[1].startswith("SpecError") and "got <class 'list'>" in refused[1], "changed: openapi3"
assert set(found.values()) == {("read", "read")}, "changed: the others"
EOF
