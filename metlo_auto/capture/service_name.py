"""What a Flask app is called among others: its import name, or its project's folder; knows nothing of settings."""

import os

from metlo_auto.capture.foreign import Foreign, in_instance, module_name, text

# They say what a module is for and not whose it is.
SAYS_NOTHING = frozenset(("app", "__main__", "wsgi", "main", "application", "server"))
_FOLDERS = SAYS_NOTHING | {"src", ""}


def service_name(app: Foreign) -> str:
    """The import name of `app`; the nearest folder above it that says more, where that name says nothing."""
    name = text(in_instance(app, "import_name")) or module_name(type(app))  # a class of the app's may have no name
    if not all(word in SAYS_NOTHING for word in name.split(".")):
        return name
    folder = os.path.abspath(text(in_instance(app, "root_path")))
    while os.path.basename(folder) in _FOLDERS and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return os.path.basename(folder) or name
