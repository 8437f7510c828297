"""The documents speak in the field's plain words, in short sentences."""

import re

import pytest

from tests.docs.pages import ROOT, pages, prose

# What a first reader stumbled over, and what is said instead.
INSTEAD = {
    r"ways? in(?! which| that)": "integration",
    r"mend(s|ed|ing)?": "fix",
    r"(is|are|was|were|be) away|(collector|store|database) away": "unreachable",
    r"gravest": "most severe",
    r"sets? aside": "rejected",
    r"errors? of ours": "internal error",
    r"weakness(es)?": "vulnerability",
    r"an answer|the answers?|whose answer|its answer(?! to)": "response",
    r"a (?-i:post)|the (?-i:posts?)|our posts": "upload, or request",
    r"bring(s|ing)? back": "restore",
    r"take(s)? it away": "uninstall",
    r"match(es)? whole": "match exactly",
    r"as without it": "the same as without metlo-auto",
    r"most that it holds": "at most",
    # pictures that nobody would search for
    r"breath|bell|crew|harvest(ed|s)?|crowds?|suspects|slim|keeping|guest": "the field's word for what it does",
}
MOST_WORDS = 22  # of a sentence, on average


@pytest.mark.parametrize("words", INSTEAD, ids=INSTEAD.get)
def test_no_document_has_a_word_that_a_first_reader_stumbles_over(words):
    found = [
        (page, found.group(0))
        for page in pages()
        for found in re.finditer(r"\b(?:%s)\b" % words, without_code(page), re.IGNORECASE)
    ]
    assert found == [], "say: %s" % INSTEAD[words]


@pytest.mark.parametrize("page", pages())
def test_sentences_are_short(page):
    lengths = [len(re.findall(r"[\w'-]+", sentence)) for sentence in sentences(page)]
    assert sum(lengths) <= MOST_WORDS * max(len(lengths), 1), sum(lengths) / len(lengths)


def without_code(page):
    """The prose of a page, each `code` as one letter."""
    return re.sub(r"`[^`\n]*`", "x", prose(page))


def sentences(page):
    """Those of paragraphs and lists; tables and headings have none."""
    text = re.sub(r"<!--.*?-->", "", without_code(page), flags=re.DOTALL)
    text = re.sub(r"^(\||#).*$", "", text, flags=re.MULTILINE)
    parts = re.split(r"(?<=[.!?:])\s+|\n\s*\n|\n- |\n\d+\. ", text)
    return [part for part in parts if len(part.split()) > 2]


def test_nor_has_the_page_of_the_collector():
    templates = (ROOT / "metlo_auto" / "collector" / "page" / "templates").glob("*.html")
    shown = {path.name: re.sub(r"\{[{%#].*?[}%#]\}|<script.*?</script>", " ", path.read_text(), flags=re.DOTALL)
             for path in templates}
    assert len(shown) > 10
    found = [
        (name, found.group(0))
        for name, text in shown.items()
        for found in re.finditer(r"\b(?:%s)\b" % "|".join(INSTEAD), text, re.IGNORECASE)
        if not re.search(r"name=\"|class=\"", text[max(0, found.start() - 8):found.start()])
    ]
    assert found == []
