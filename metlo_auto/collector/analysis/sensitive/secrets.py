"""Secrets by their form: JWT, private keys, keys of cloud providers; pure."""

from __future__ import annotations

import base64
import json
import re

from metlo_auto.collector.analysis.sensitive.provider_keys import KEY, PRESIGNED, TOKEN

_JWT = re.compile(r"(?<![\w.-])(eyJ[A-Za-z0-9_-]{8,})\.(?:[A-Za-z0-9_-]{4,})\.[A-Za-z0-9_-]*(?![\w-])")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")


def has_jwt(_name: str, text: str) -> bool:
    return any(_is_jose_header(match.group(1)) for match in _JWT.finditer(text))


def _is_jose_header(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and isinstance(header.get("alg"), str)


def has_private_key(_name: str, text: str) -> bool:
    return bool(_PRIVATE_KEY.search(text))


def has_cloud_key(_name: str, text: str) -> bool:
    for token in TOKEN.finditer(text):
        for match in KEY.finditer(token.group()):
            if not PRESIGNED.search(token.group(), 0, match.start()):
                return True
    return "FlyV1 " in text and bool(KEY.search(text))
