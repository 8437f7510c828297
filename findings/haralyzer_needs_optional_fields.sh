#!/usr/bin/env bash
# haralyzer takes a HAR file without pages, and then raises IndexError for its host and KeyError for its browser.
#
# HAR 1.2 says that `pages` and `browser` are optional, and files of API traffic have neither. Its one page is
# made up ("unknown") and has the URL, but says None for the host that stands in it.
# Guess before the run: None, or what the entries say
# Seen (Python 3.11): hostname IndexError, browser KeyError, page.url http://a.example/b, page.hostname None
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check haralyzer==2.4.0
cd "$work"
"$work/venv/bin/python" - <<'PY'
from haralyzer import HarParser

entry = {
    "startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "cache": {}, "timings": {"send": 0, "wait": 5, "receive": 0},
    "request": {"method": "GET", "url": "http://a.example/b", "httpVersion": "HTTP/1.1", "headers": [],
                "queryString": [], "cookies": [], "headersSize": -1, "bodySize": -1},
    "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
                 "content": {"size": 2, "mimeType": "application/json"}, "redirectURL": "", "headersSize": -1, "bodySize": 2},
}
parser = HarParser({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [entry]}})

def said(what):
    try:
        return what()
    except Exception as error:
        return type(error).__name__

page = parser.pages[0]
found = [said(lambda: parser.hostname), said(lambda: parser.browser), page.url, page.hostname, len(page.entries)]
print(found)
assert found == ["IndexError", "KeyError", "http://a.example/b", None, 1], "changed"
PY
