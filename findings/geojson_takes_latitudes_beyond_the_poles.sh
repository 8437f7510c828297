#!/usr/bin/env bash
# `is_valid` of the package geojson is True for a point at latitude 95 and longitude 213, and for a ring that crosses itself;
# a null in `properties`, which RFC 7946 has for a feature without any, becomes an empty object by reading and writing.
#
# Who asks it whether two numbers may be a place on Earth learns only that there are two numbers. geojson-pydantic takes the
# point as well; geojson-validator names it.
# Guess before the run: not valid, and null stays
# Seen (geojson 3.3.0, geojson-pydantic 2.2.0, geojson-validator 0.7.0, Python 3.11): valid, valid, {}; taken; problematic:
# outside_lat_lon_boundaries
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check geojson==3.3.0 geojson-pydantic==2.2.0 geojson-validator==0.7.0
"$work/venv/bin/python" - 2>"$work/log" <<'EOF' || { cat "$work/log"; exit 1; }
import json

import geojson
import geojson_pydantic
import geojson_validator

beyond = geojson.Point((213.0, 95.0))
crossing = geojson.Polygon([[(0, 0), (1, 1), (0, 1), (1, 0), (0, 0)]])
feature = {"type": "Feature", "geometry": None, "properties": None}
again = json.loads(geojson.dumps(geojson.loads(json.dumps(feature))))
print(beyond.is_valid, crossing.is_valid, again["properties"])
assert beyond.is_valid and crossing.is_valid and again["properties"] == {}, "changed: geojson"
taken = geojson_pydantic.Point(type="Point", coordinates=(213.0, 95.0))
assert taken.coordinates.latitude == 95.0, "changed: geojson-pydantic"
named = geojson_validator.validate_geometries({"type": "Point", "coordinates": [213.0, 95.0]})["problematic"]
print(named)
assert list(named) == ["outside_lat_lon_boundaries"], "changed: geojson-validator"
EOF
