"""What Metlo's collector takes, as rules over one trace; knows nothing of the agent that made it.

Each rule stands for a way to lose a trace or a batch at a real collector; the shape of `meta` is our own.
"""

import re

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
JUNK_ADDRESSES = ("0.0.0.0", "::", "waitress.invalid")
OMITTED = ("binary", "file", "unread", "cut", "aborted", "undecodable")
META_STRINGS = ("environment", "source", "sourcePort", "destination", "destinationPort", "traceId", "agent")


def problems(trace):
    """Everything in one parsed trace that a collector would refuse, drop or misread: a list of str."""
    try:
        found = request_problems(trace["request"]) + response_problems(trace["response"])
        return found + meta_problems(trace["meta"])
    except (KeyError, TypeError) as error:
        return [f"not the shape of a trace: {error!r}"]


def request_problems(request):
    """Problems of `request`."""
    url = request["url"]
    found = ["request.url.path " + problem for problem in path_problems(url["path"])]
    if request["method"] not in METHODS:
        found.append("request.method {!r} would be answered 200 and lost".format(request["method"]))
    if not isinstance(url["host"], str) or not url["host"]:
        found.append("request.url.host {!r} is no name".format(url["host"]))
    if "endpointPath" in url:
        found += ["request.url.endpointPath " + problem for problem in path_problems(url["endpointPath"])]
        if re.search(r"<[^/]*>", url["endpointPath"]):
            found.append("request.url.endpointPath {!r} is a rule of Flask".format(url["endpointPath"]))
    return (
        found
        + pair_problems("request.url.parameters", url["parameters"])
        + message_problems("request", request)
    )


def response_problems(response):
    """Problems of `response`."""
    found = message_problems("response", response)
    status = response["status"]
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        found.append(f"response.status {status!r} would be answered 200 and lost")
    if not re.match(r".+:\d+$", response["url"]):
        found.append("response.url {!r} is not name:port".format(response["url"]))
    return found


def message_problems(side, message):
    """Problems that requests and responses share: headers and body."""
    found = pair_problems(side + ".headers", message["headers"])
    if not isinstance(message["body"], str):
        found.append(f"{side}.body is no text")
    return found


def pair_problems(name, pairs):
    """Problems of a list of {"name": str, "value": str}."""
    if not isinstance(pairs, list):
        return [f"{name} is no list"]
    return [
        f"{name}: {pair!r} is no pair of texts"
        for pair in pairs
        if set(pair) != {"name", "value"} or not all(isinstance(text, str) for text in pair.values())
    ]


def path_problems(path):
    """Why a v1 collector would answer 400 to this path and lose the rest of the batch."""
    if not isinstance(path, str) or not path.startswith("/"):
        return [f"{path!r} does not start with /"]
    found = [f"{path!r} has a {sign!r}" for sign in "\\?<>&=" if sign in path]
    if path.split("/").count("") > 2:
        found.append(f"{path!r} has too many empty segments")
    return found


def meta_problems(meta):
    """Problems of `meta`, by this project's own contract."""
    found = [f"meta.{name} is no text" for name in META_STRINGS if not isinstance(meta[name], str)]
    if meta["incoming"] is not True or meta["metloSource"] != "python/flask":
        found.append("meta does not name its source")
    for name in ("requestTimestamp", "responseTimestamp"):
        if not TIMESTAMP.fullmatch(meta[name]):
            found.append(f"meta.{name} {meta[name]!r} is not UTC with milliseconds")
    if not found and meta["responseTimestamp"] < meta["requestTimestamp"]:
        found.append("meta: answered before it was asked")
    if meta["durationMs"] < 0:
        found.append("meta.durationMs is negative")
    if meta["destination"] in JUNK_ADDRESSES:
        found.append("meta.destination {!r} is no address".format(meta["destination"]))
    for name in ("requestBody", "responseBody"):
        found += body_problems(name, meta[name]) if name in meta else []
    return found


def body_problems(name, said):
    """Problems of what `meta` says about a body that is not whole."""
    found = []
    if said.get("omitted") not in OMITTED:
        found.append("meta.{}: {!r} is no reason".format(name, said.get("omitted")))
    if not isinstance(said["size"], int) or said["captured"] < 0:
        found.append(f"meta.{name}: sizes are no numbers")
    return found
