"""Masks values in query strings and urlencoded forms; pairs stay in their places and keep their spelling."""

from typing import Callable, Optional
from urllib.parse import quote_plus, unquote_plus

from .replacements import Rules
from .rules import SECRET

# What a `code` stands beside where it is one of OAuth.
_OF_CODES = frozenset(["state", "grant_type", "redirect_uri", "session_state", "code_verifier", "iss"])


def masked(text: str, rules: Rules) -> str:
    """`a=1&token=…` with the values of secret names masked."""
    pairs = text.split("&")
    of_oauth = "code=" in text and any(pair.partition("=")[0] in _OF_CODES for pair in pairs)
    return "&".join([_pair(pair, rules, of_oauth) for pair in pairs])


def _pair(pair: str, rules: Rules, of_oauth: bool) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    plain = unquote_plus(value)
    rule = SECRET if of_oauth and name == "code" else rule_of_encoded(name, rules.rule_of)
    found = rules.inner(plain) if rule is None else rules.mask(rule, plain)
    return pair if found == plain else name + equals + quote_plus(found)


def rule_of_encoded(name: str, rule_of: Callable[[str], Optional[str]]) -> Optional[str]:
    """The rule of a name that may be percent-encoded, also twice as in a query within a query."""
    if "%" not in name and "+" not in name:
        return rule_of(name)
    once = unquote_plus(name)
    rule = rule_of(once)
    return rule_of(unquote_plus(once)) if rule is None and "%" in once else rule
