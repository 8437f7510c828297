#!/usr/bin/env bash
# A pattern in Python's own syntax, (?P<name>…), is no regular expression of OpenAPI; only two of five validators say so.
#
# OpenAPI asks for the dialect of ECMA 262. A document made from the patterns of a Python app passes where Python checks it,
# and two Node validators that do not try the pattern; a third and a fourth compile it and refuse the document.
# Guess before the run: valid in Python, refused by every validator that runs on Node
# Seen (Python 3.11, Node 20): valid for openapi-spec-validator, swagger-parser, @readme/openapi-parser;
# refused by @seriousme's and oas-validator
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
 "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "pattern": "(?P<year>[0-9]{4})"}}],
 "responses": {"200": {"description": "ok"}}}}}}
JSON
"$work/venv/bin/python" - <<'PY'
import json
from openapi_spec_validator import validate

validate(json.load(open("document.json")))
print("openapi-spec-validator: valid")
PY
cat >ask.mjs <<'JS'
import fs from 'fs';
import swagger from '@apidevtools/swagger-parser';
import * as readme from '@readme/openapi-parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import oas from 'oas-validator';
const load = () => JSON.parse(fs.readFileSync('document.json'));
const said = {};
said.swagger = await (swagger.default ?? swagger).validate(load()).then(() => true, () => false);
said.seriousme = (await new Validator().validate(load())).valid;
said.readme = (await readme.validate(load())).valid;
said.oas = await oas.validate(load(), {}).then(() => true, () => false);
console.log(JSON.stringify(said));
if (JSON.stringify(said) !== '{"swagger":true,"seriousme":false,"readme":true,"oas":false}') { console.log('changed'); process.exit(1); }
JS
node ask.mjs
