"""The evidence that words at one place of a path are values: many siblings that response alike; knows no store.

What was learned holds for a place below a prefix, whatever the method and whatever follows: once
`/repos/{}/{}/issues` has shown that owners and repositories are values, `/repos/ann/shop/pulls` counts with
`/repos/{}/{}/pulls`.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional

from metlo_auto.collector.analysis.folding import join
from metlo_auto.collector.analysis.place_evidence import PlaceEvidence
from metlo_auto.collector.analysis.shape_groups import ALIKE, Shape, ShapeGroups

MANY_BESIDE = 6  # with a known parameter among them
MANY_NESTED = 20  # below a value, where lists of kinds are as usual as values
MANY_KNOWN = 16  # there, where most of them are values at other places, too
KNOWN = 0.8
MANY_SIBLINGS = 12  # so many siblings with the same shape of answer are values, not resources
OFTEN = 6  # responses to a word; by chance one of them is as usual where it is a value
MUCH = 10  # responses to a word and steps below it, all of them others than of values
OTHERS = 4  # different words at each place of a pair
BELOW = 0.5  # share of what is below two siblings that both have, or they are resources that merely look alike
MOST_GAPS = 200_000
_VERSION = re.compile(r"v\d+(?:(?:\.|alpha|beta|rc|p)\d+)*|\d+(?:\.\d+)+|latest", re.I)
Prefix = tuple[str, ...]


class Fold(NamedTuple):
    """The endpoint `template` is shown with `target` from now on."""

    method: str
    service: str
    template: str
    target: str


class _Gap(NamedTuple):
    """One place, or two side by side, that words of a template stand at, and what stands around them."""

    method: str
    prefix: Prefix
    words: Prefix
    suffix: Prefix


_Held = dict[str, set[tuple[str, str]]]  # methods and templates, by the word
_Ends = dict[tuple[str, int], int]  # methods and groups of responses (-1: without any), and how often


class SiblingFolds:
    """Templates that no agent named, per service, and what they fold into.

    First segments never fold: `/about`, `/pricing` and their like are pages, however many there are.
    """

    def __init__(self) -> None:
        self._own: dict[
            str, set[tuple[str, str]]
        ] = {}  # method and template by service, of those that stand for themselves
        self._values: dict[str, set[Prefix]] = {}  # prefixes whose last step, `{}`, stands for any word
        self._resources: set[tuple[str, Prefix]] = set()  # words at such places that response otherwise
        self._siblings: dict[tuple[object, ...], set[Prefix]] = {}
        self._ends: dict[tuple[str, Prefix, str], _Ends] = {}  # what ends in a word
        self._methods: dict[tuple[str, Prefix], set[str]] = {}  # with which values end a path
        self._followers: dict[tuple[str, Prefix], set[str]] = {}  # steps right below values, by what is above these
        self._held: dict[tuple[str, Prefix, str], _Held] = {}  # by what is above and below words
        self._known_values: dict[tuple[str, Prefix], set[str]] = {}  # the words that were the evidence
        self._below: dict[tuple[str, Prefix], set[int]] = {}  # groups of responses below a prefix
        self._vocabulary: set[tuple[str, str]] = set()
        self._words: set[tuple[str, str]] = set()  # that were values somewhere
        self._groups = ShapeGroups()
        self._evidence = PlaceEvidence()

    def remember(self, method: str, service: str, template: str, is_target: bool) -> None:
        """Take in an endpoint that the store holds."""
        steps = _steps(template)
        for place, step in enumerate(steps[:-1]):
            if step == "{}":
                self._followers.setdefault((service, steps[:place]), set()).add(steps[place + 1])
        if is_target:
            values = self._values.setdefault(service, set())
            values.update(steps[: place + 1] for place in range(1, len(steps)) if steps[place] == "{}")
        else:
            self._own.setdefault(service, set()).add((method, template))

    def resolve(self, method: str, service: str, template: str) -> str:
        """The template that a request to `template` counts for."""
        values = self._values.get(service)
        if not values or (method, template) in self._own.get(service, ()):
            return template
        return self._folded(method, service, template, values)

    def _folded(self, method: str, service: str, template: str, values: set[Prefix]) -> str:
        steps: Prefix = ()
        own = _steps(template)
        for place, step in enumerate(own):
            if step != "{}" and (*steps, "{}") in values and self._is_value(method, service, steps, own[place:]):
                self._add_word(service, step)
                step = "{}"
            steps += (step,)
        return join(list(steps))

    def _is_value(self, method: str, service: str, prefix: Prefix, rest: Prefix) -> bool:
        """True where the first word of `rest`, at a place of values below `prefix`, is one of them."""
        word = rest[0]
        if (service, (*prefix, word)) in self._resources:
            return False
        if len(rest) > 1:  # `/projects/search/12` where others are `/projects/ann/issues`
            return self._are_followed_by(service, prefix, rest[1]) or (service, word) in self._words
        methods = self._methods.get((service, prefix))
        known = self._known_values.get((service, prefix), ())
        return not methods or method in methods or word in known  # nobody uploads to a value where none was uploaded to

    def _are_followed_by(self, service: str, prefix: Prefix, step: str) -> bool:
        known = self._followers.get((service, prefix), ())
        return step in known or (*prefix, "{}", "{}") in self._values[service] and "{}" in known

    def _add_word(self, service: str, word: str) -> None:
        if len(self._words) < MOST_GAPS:
            self._words.add((service, word))

    def note(self, method: str, service: str, template: str, shape: Shape) -> list[Fold]:
        """Count `template`, whose responses have `shape`, as a sibling; the folds that follow from it, mostly none."""
        own = self._own.setdefault(service, set())
        if (method, template) not in own:
            target = self.resolve(method, service, template)
            if target != template:  # counted in the same step that made the fold
                return [Fold(method, service, template, target), *self._note_method(method, service, target)]
            own.add((method, template))
        steps = _steps(template)
        if steps[-1] == "{}" and self._methods.get((service, steps[:-1])):
            missed = self._note_method(method, service, template)
            if missed:
                return missed
        joining = self._note_followers(method, service, template)
        if joining:
            folds = self._refold(service, joining)
            if folds:
                return folds
        self._note_vocabulary(service, steps)
        if not any(path.replace("/[]", "") for path in shape):
            self._note_end(service, steps, method, -1)
            return []  # says nothing: an empty answer, a list of texts
        group = self._groups.number(shape)
        if len(self._below) < MOST_GAPS:
            for place in range(2, len(steps)):
                self._below.setdefault((service, steps[:place]), set()).add(group)
        self._note_end(service, steps, method, group)
        if method != "GET":
            return []  # all that change something may answer alike
        learned = [prefix for gap in _gaps(method, steps) for prefix in self._learn(service, gap, group, shape)]
        return self._apply(service, learned) if learned else []

    def _note_method(self, method: str, service: str, target: str) -> list[Fold]:
        """A value ends a path with this method: so do the others at its place."""
        steps = _steps(target)
        methods = self._methods.get((service, steps[:-1]))
        if steps[-1] != "{}" or methods is None or method in methods:
            return []
        methods.add(method)
        return self._refold(service)

    def _note_followers(self, method: str, service: str, template: str) -> set[tuple[str, str]]:
        """Templates that may fold since it turns out what values of a place have right below."""
        values, steps = self._values.get(service, ()), _steps(template)
        joining: set[tuple[str, str]] = set()
        for place in range(1, len(steps) - 1) if values else ():
            prefix, word, follower = steps[:place], steps[place], steps[place + 1]
            if (*prefix, "{}") not in values or self._are_followed_by(service, prefix, follower):
                continue
            held = self._held.get((service, prefix, follower), {})
            if word != "{}" and len(held.keys() | {word}) < MANY_BESIDE:
                if len(self._held) < MOST_GAPS:
                    held = self._held.setdefault((service, prefix, follower), held)
                    held.setdefault(word, set()).add((method, template))
                continue
            self._held.pop((service, prefix, follower), None)
            self._followers.setdefault((service, prefix), set()).add(follower)
            joining.update(*held.values(), [(method, template)])
        return joining

    def _note_end(self, service: str, steps: Prefix, method: str, group: int) -> None:
        _add_end(self._ends.setdefault((service, steps[:-1], steps[-1]), {}), method, group, 1)

    def _note_vocabulary(self, service: str, steps: Prefix) -> None:
        """Words beside a version are an API's own, wherever they stand."""
        if len(self._vocabulary) < MOST_GAPS:
            for one, other in zip(steps, steps[1:]):
                if _VERSION.fullmatch(one) and other != "{}":
                    self._vocabulary.add((service, other))
                if _VERSION.fullmatch(other) and one != "{}":
                    self._vocabulary.add((service, one))

    def _learn(self, service: str, gap: _Gap, group: int, shape: Shape) -> list[Prefix]:
        """The prefixes whose last step turns out to be a value."""
        key = (service, gap.method, gap.prefix, len(gap.words), gap.suffix, group)
        known = self._siblings.get(key)
        if known is None:
            if len(self._siblings) >= MOST_GAPS:
                return []
            known = self._siblings[key] = set()
        known.add(gap.words)
        learned = list(self._judge(service, gap, known))
        if learned:
            known.clear()
        elif len(gap.words) == 1 and gap.prefix[-1] != "{}":
            pooled = self._evidence.note((service, gap.prefix), gap.suffix, gap.words, shape)
            learned = list(self._judge(service, gap, pooled)) if len(pooled) >= MANY_SIBLINGS else []
        return learned

    def _judge(self, service: str, gap: _Gap, known: set[Prefix]) -> Iterator[Prefix]:
        """The same, where `known` are words at the gap that respond alike."""
        is_pair = len(gap.words) == 2
        if not is_pair and gap.prefix[-1] == "{}":
            return  # what follows a value is a resource of it, unless both are found as a pair
        beside = ("{}",) in known
        if len(known) < (MANY_BESIDE if beside else self._least(service, gap, known)):
            return
        if any(map(_VERSION.fullmatch, gap.words)) or _VERSION.fullmatch(gap.prefix[-1]):
            return
        if any(self._are_vocabulary(service, {words[place] for words in known}) for place in range(len(gap.words))):
            return
        if is_pair and min(len({words[place] for words in known}) for place in (0, 1)) < OTHERS:
            return
        if not self._are_alike_below(service, gap.prefix, sorted({words[0] for words in known})):
            return
        firsts = {words[0] for words in known}
        self._exempt(service, gap.prefix, firsts)
        yield (*gap.prefix, "{}")
        if is_pair:
            self._followers.setdefault((service, gap.prefix), set()).add("{}")
            for first in firsts:
                self._exempt(service, (*gap.prefix, first), {words[1] for words in known}, (*gap.prefix, "{}"))
            yield (*gap.prefix, "{}", "{}")

    def _exempt(self, service: str, prefix: Prefix, words: set[str], shown: Optional[Prefix] = None) -> None:
        """Keep words apart that end a path here as none of the values does, and have nothing below that values have."""
        place = service, shown or prefix
        if len(self._known_values) < MOST_GAPS:
            self._known_values.setdefault(place, set()).update(words)
        for word in words:
            self._add_word(service, word)
        usual = {end for word in words for end in self._ends.get((service, prefix, word), ())}
        methods = {method for method, _ in usual}
        self._methods.setdefault(place, set()).update(methods)
        below = self._below_words(service, prefix)
        followers = self._followers.setdefault(place, set())
        followers.update(*(below.get(word, ()) for word in (*words, "{}")))
        for word, steps in below.items():
            ends = self._ends.get((service, prefix, word), {})
            if "GET" in methods:
                ends = {end: n for end, n in ends.items() if end[0] in methods}
            if word in words or not ends or self._are_usual(ends, usual):
                continue
            if not steps or followers.isdisjoint(steps) and sum(ends.values()) + len(steps) >= MUCH:
                self._resources.add((service, (*(shown or prefix), word)))

    def _below_words(self, service: str, prefix: Prefix) -> dict[str, set[str]]:
        """The words right below `prefix`, and the steps right below each."""
        found: dict[str, set[str]] = {}
        for _, template in self._own[service]:
            steps = _steps(template)
            if len(steps) > len(prefix) and steps[: len(prefix)] == prefix:
                found.setdefault(steps[len(prefix)], set()).update(steps[len(prefix) + 1 : len(prefix) + 2])
        return found

    def _are_usual(self, ends: _Ends, usual: set[tuple[str, int]]) -> bool:
        """True where a word ends a path as values do: by a response of the same group, or by a few that have nothing of
        their own.
        """
        if not usual.isdisjoint(ends):
            return True
        if sum(ends.values()) >= OFTEN:
            return False
        if all(group < 0 for _, group in ends):
            return True  # said nothing yet
        for method, group in ends:
            both = self._groups.paths(number for other, number in usual if other in ("GET", method))
            own = self._groups.paths((group,))
            if own and len(own & both) >= ALIKE * len(own):
                return True
        return False

    def _least(self, service: str, gap: _Gap, words: set[Prefix]) -> int:
        """How many words make values of them."""
        if "{}" not in gap.prefix:
            return MANY_SIBLINGS
        known = sum((service, word[0]) in self._words for word in words)
        return MANY_KNOWN if known >= KNOWN * len(words) else MANY_NESTED

    def _are_vocabulary(self, service: str, words: set[str]) -> bool:
        return sum((service, word) in self._vocabulary for word in words) * 3 > len(words)

    def _are_alike_below(self, service: str, prefix: Prefix, words: list[str]) -> bool:
        """False where what lies below the words differs as it does for resources."""
        below = [self._below.get((service, (*prefix, word)), set()) for word in words]
        several = [groups for groups in below if len(groups) >= 4][:20]
        if len(several) < 3:
            return True
        shares = [
            len(one & other) / min(len(one), len(other))
            for number, one in enumerate(several)
            for other in several[number + 1 :]
        ]
        return sum(shares) / len(shares) >= BELOW

    def _apply(self, service: str, learned: list[Prefix]) -> list[Fold]:
        """The folds of all templates that what was learned concerns."""
        self._values.setdefault(service, set()).update(learned)
        return self._refold(service)  # what was known to be a value may have more below it

    def _carry_ends(self, service: str, steps: Prefix, target: Prefix) -> None:
        """What a word responded with counts where it now stands, too."""
        ends = self._ends.get((service, steps[:-1], steps[-1]))
        if ends and steps[-1] == target[-1] and len(self._ends) < MOST_GAPS:
            there = self._ends.setdefault((service, target[:-1], target[-1]), {})
            for (method, group), n in ends.items():
                _add_end(there, method, group, n)

    def _refold(self, service: str, only: Optional[set[tuple[str, str]]] = None) -> list[Fold]:
        values = self._values[service]
        folds = []
        own = self._own[service]
        for method, template in sorted(own if only is None else own & only):
            target = self._folded(method, service, template, values)
            if target != template:
                folds.append(Fold(method, service, template, target))
                self._carry_ends(service, _steps(template), _steps(target))
        own.difference_update((fold.method, fold.template) for fold in folds)
        own.update((fold.method, fold.target) for fold in folds)  # it may fold further
        return folds


def _add_end(ends: _Ends, method: str, group: int, n: int) -> None:
    """Count `n` responses; those that say nothing count only where no other has come."""
    if group >= 0:
        ends.pop((method, -1), None)
    elif any(other == method and known >= 0 for other, known in ends):
        return
    ends[method, group] = ends.get((method, group), 0) + n


def _steps(template: str) -> Prefix:
    return tuple("{}" if step.startswith("{") else step for step in template.split("/")[1:])


def _gaps(method: str, steps: Prefix) -> Iterator[_Gap]:
    """Each place after the first, and each two words side by side."""
    for place in range(1, len(steps)):
        yield _Gap(method, steps[:place], steps[place : place + 1], steps[place + 1 :])
        if place + 1 < len(steps) and "{}" not in steps[place : place + 2]:
            yield _Gap(method, steps[:place], steps[place : place + 2], steps[place + 2 :])
