"""What is on among the settings that are switches; every room may ask, so it knows nothing and imports nothing."""

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off", "")


def is_on(text: str) -> bool:
    """Whether a switch such as METLO_DISABLED is on; anything that is not one of `TRUE` is off."""
    return text.strip().lower() in TRUE
