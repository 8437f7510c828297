#!/usr/bin/env bash
# An operation may ask for a security scheme that the document does not have: four of five validators call it valid.
#
# The specification says that each name must correspond to one in components/securitySchemes. What such a document says
# of authentication holds for nobody, and a generated client sends none.
# Guess before the run: refused by most, as a parameter or reference that leads nowhere is
# Seen (Python 3.11, Node 20): refused by oas-validator alone
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
 "security": [{"nowhere": []}], "responses": {"200": {"description": "ok"}}}}}}
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
if (JSON.stringify(said) !== '{"swagger":true,"seriousme":true,"readme":true,"oas":false}') { console.log('changed'); process.exit(1); }
JS
node ask.mjs
