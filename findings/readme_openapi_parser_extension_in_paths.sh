#!/usr/bin/env bash
# @readme/openapi-parser refuses a valid document that has an `x-` extension beside its paths.
#
# OpenAPI says of the object under `paths` that it may be extended, and gives its fields as "/{path}" and "^x-".
# Guess before the run: valid, as for every other validator
# Seen (Node 20): swagger-parser valid; readme: Entries in the OpenAPI `paths` object must begin with a leading slash.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit @apidevtools/swagger-parser@13.0.0 @readme/openapi-parser@9.0.0 >/dev/null
cat >ask.mjs <<'JS'
import swagger from '@apidevtools/swagger-parser';
import * as readme from '@readme/openapi-parser';
const document = () => ({
  openapi: '3.0.3', info: { title: 't', version: '1' },
  paths: { 'x-owner': 'team a', '/a': { get: { responses: { 200: { description: 'ok' } } } } },
});
await (swagger.default ?? swagger).validate(document());
const said = await readme.validate(document());
console.log('swagger-parser valid; readme:', said.valid, said.errors?.[0]?.message);
if (said.valid || !said.errors[0].message.includes('leading slash')) { console.log('changed'); process.exit(1); }
JS
node ask.mjs
