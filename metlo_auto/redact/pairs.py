"""Masks values in query strings and urlencoded forms; pairs stay in their places and keep their spelling."""

from typing import Optional
from urllib.parse import quote_plus, unquote_plus

from .json_text import Inner, Mask, RuleOf


def masked(text: str, rule_of: RuleOf, mask: Mask, inner: Inner) -> str:
    """`a=1&token=…` with the values of secret names masked; `inner` sees the others, decoded."""
    return "&".join(_pair(pair, rule_of, mask, inner) for pair in text.split("&"))


def _pair(pair: str, rule_of: RuleOf, mask: Mask, inner: Inner) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    plain = unquote_plus(value)
    rule = rule_of_encoded(name, rule_of)
    found = mask(rule, plain) if rule is not None else inner(plain)
    return pair if found == plain else name + equals + quote_plus(found)


def rule_of_encoded(name: str, rule_of: RuleOf) -> Optional[str]:
    """The rule of a name that may be percent-encoded, also twice as in a query within a query."""
    once = unquote_plus(name)
    rule = rule_of(once)
    return rule_of(unquote_plus(once)) if rule is None and "%" in once else rule
