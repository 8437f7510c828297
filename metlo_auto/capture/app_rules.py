"""The URL rules of one app, read when they are first asked for: an app declares some after it was made."""

from typing import Any, Callable, List


class AppRules:
    """`kept`: what whoever asks has made of them, None before that; `app`: gives the app, None where it is gone."""

    __slots__ = ("app", "kept")

    def __init__(self, app: Callable[[], Any]) -> None:
        self.app = app
        self.kept: Any = None

    def all(self) -> List[str]:
        """Each rule as written."""
        app = self.app()
        return [] if app is None else [rule.rule for rule in app.url_map.iter_rules()]
