#!/usr/bin/env bash
# A value that stands twice in an enum makes a document invalid for openapi-spec-validator, and for none of four others.
#
# JSON Schema says that the values should be unique, no more. Generated documents have such lists.
# Guess before the run: valid for all, since it is a "should"
# Seen (Python 3.11, Node 20): OpenAPIValidationError for version 3.0, valid for 3.1; others valid
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openapi-spec-validator==0.9.0
cd "$work"
npm install --silent --no-fund --no-audit @apidevtools/swagger-parser@13.0.0 @readme/openapi-parser@9.0.0 \
    @seriousme/openapi-schema-validator@2.11.0 oas-validator@5.0.8 >/dev/null
cat >document.json <<'JSON'
{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {
 "parameters": [{"name": "q", "in": "query", "schema": {"type": "integer", "enum": [1, 1]}}],
 "responses": {"200": {"description": "ok"}}}}}}
JSON
"$work/venv/bin/python" - <<'PY'
import json
from openapi_spec_validator import validate

document, said = json.load(open("document.json")), []
for version in ("3.0.3", "3.1.0"):
    document["openapi"] = version
    try:
        validate(document)
        said.append("valid")
    except Exception as error:
        said.append(type(error).__name__)
print(said)
assert said == ["OpenAPIValidationError", "valid"], "changed"
PY
cat >ask.mjs <<'JS'
import fs from 'fs';
import swagger from '@apidevtools/swagger-parser';
import * as readme from '@readme/openapi-parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import oas from 'oas-validator';
const load = () => JSON.parse(fs.readFileSync('document.json'));
await (swagger.default ?? swagger).validate(load());
await oas.validate(load(), {});
const said = [(await new Validator().validate(load())).valid, (await readme.validate(load())).valid];
console.log('swagger-parser and oas-validator valid; seriousme, readme:', said);
if (!said.every(Boolean)) { console.log('changed'); process.exit(1); }
JS
node ask.mjs
