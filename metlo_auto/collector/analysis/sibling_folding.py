"""The evidence that words at one place of a path are values: many siblings that answer alike; knows no store."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from metlo_auto.collector.analysis.folding import join

MANY_SIBLINGS = 12  # so many siblings with the same shape of answer are values, not resources


class Fold(NamedTuple):
    """The endpoint `template` is shown with `target` from now on."""

    method: str
    host: str
    template: str
    target: str


class SiblingFolds:
    """Templates that no agent named, per method and host, and what they fold into.

    First segments never fold: `/about`, `/pricing` and their like are pages, however many there are.
    """

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], set[str]] = {}  # templates that stand for themselves
        self._targets: dict[tuple[str, str], list[list[str]]] = {}
        self._siblings: dict[tuple[object, ...], set[str]] = {}

    def remember(self, method: str, host: str, template: str, is_target: bool) -> None:
        """Take in an endpoint that the store holds."""
        if is_target:
            self._add_target(method, host, template)
        else:
            self._own.setdefault((method, host), set()).add(template)

    def resolve(self, method: str, host: str, template: str) -> str:
        """The template that a request to `template` counts for."""
        if template in self._own.get((method, host), ()):
            return template
        steps = template.split("/")
        for target in self._targets.get((method, host), ()):
            if _matches(target, steps):
                return "/".join(target)
        return template

    def note(self, method: str, host: str, template: str, shape: frozenset[str]) -> list[Fold]:
        """Count `template`, whose answers have `shape`, as a sibling; the folds that follow from it, mostly none."""
        own = self._own.setdefault((method, host), set())
        if template not in own:
            target = self.resolve(method, host, template)
            if target != template:  # counted in the same step that made the fold
                return [Fold(method, host, template, target)]
        own.add(template)
        folds: list[Fold] = []
        for place, rest in _gaps(template):
            siblings = self._siblings.setdefault((method, host, place, rest, shape), set())
            siblings.add(template)
            if len(siblings) >= MANY_SIBLINGS:
                target = join(list(rest))
                folds += [Fold(method, host, sibling, target) for sibling in sorted(siblings)]
                own -= siblings
                siblings.clear()
                self._add_target(method, host, target)
        return folds

    def _add_target(self, method: str, host: str, template: str) -> None:
        listed = self._targets.setdefault((method, host), [])
        steps = template.split("/")
        if steps not in listed:
            listed.append(steps)


def _gaps(template: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each place that a word stands at, with the template's segments without it."""
    segments = template.split("/")[1:]
    for place in range(1, len(segments)):
        if not segments[place].startswith("{"):
            yield place, tuple(segments[:place] + ["{}"] + segments[place + 1 :])


def _matches(target: list[str], steps: list[str]) -> bool:
    return len(target) == len(steps) and all(t == s or t[:1] == "{" for t, s in zip(target, steps))
