"""The WSGI edge and Flask's hooks, up to the Exchange; must not know redaction, encoding or sending."""
