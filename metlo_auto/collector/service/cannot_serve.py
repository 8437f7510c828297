"""Why a collector does not start; apart from the server, so that who only catches it imports no Flask."""


class CannotServe(Exception):
    """The collector cannot start; the message says why and how to fix it."""
