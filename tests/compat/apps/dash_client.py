"""A browser's requests to a Dash app: page, scripts, layout, callbacks. Prints what came back."""

import hashlib
import re
import sys

import requests

url, session = sys.argv[1], requests.Session()
page = session.get(url + "/")
print(page.status_code, re.sub(r'm=\d+|"end_id":"[^"]+"', "RANDOM", page.text))
for script in sorted(set(re.findall(r'src="(/_dash-component-suites[^"]+)"', page.text))):
    answer = session.get(url + script)
    print(answer.status_code, re.sub(r"m\d+", "mTIME", script), hashlib.sha256(answer.content).hexdigest())
print(session.get(url + "/_dash-layout").text)
print(session.get(url + "/_dash-dependencies").text)
for name in ("Åsa", "nobody"):
    said = {"id": "said", "property": "children"}
    given = {"id": "name", "property": "value", "value": name}
    body = {
        "output": "said.children",
        "outputs": said,
        "inputs": [given],
        "changedPropIds": ["name.value"],
        "state": [],
    }
    answer = session.post(url + "/_dash-update-component", json=body)
    print(answer.status_code, answer.headers["Content-Type"], answer.text)
print(session.get(url + "/assets/none.css").status_code)
