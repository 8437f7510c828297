"""Secrets by their form: JWT, private keys, keys of cloud providers; pure."""

from __future__ import annotations

import base64
import json
import re

_JWT = re.compile(r"(?<![\w.-])(eyJ[A-Za-z0-9_-]{8,})\.(?:[A-Za-z0-9_-]{4,})\.[A-Za-z0-9_-]*(?![\w-])")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_CLOUD_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"  # AWS
    r"|AIza[A-Za-z0-9_-]{35}"  # Google
    r"|ya29\.[A-Za-z0-9_-]{20,}"
    r"|GOCSPX-[A-Za-z0-9_-]{28}"
    r"|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,}"
    r"|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"
    r"|npm_[A-Za-z0-9]{36}|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"
    r"|sk-ant-[A-Za-z0-9_-]{20,}|sk-(?:proj-)?[A-Za-z0-9_]{20,}"
    r"|dop_v1_[a-f0-9]{64}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}|hvs\.[A-Za-z0-9_-]{24,}"
    r"|SK[a-f0-9]{32}|key-[a-f0-9]{32}"
    r")(?![A-Za-z0-9])"
)
_AZURE = re.compile(r"AccountKey=[A-Za-z0-9+/]{86}==")


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
    return bool(_CLOUD_KEY.search(text) or _AZURE.search(text))
