"""The import system: the hook on flask.app, imports that are put off, and wrapt without what nobody here uses."""
