"""From an Exchange to Metlo's JSON: bodies as text, addresses, encoding; must not know HTTP or files."""
