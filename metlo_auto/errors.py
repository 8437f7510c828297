"""The one error type that the agent raises on purpose."""


class ConfigurationError(ValueError):
    """A setting or argument is missing or cannot be used; the message names it and says what is wanted."""
