"""Metlo's YAML test files: read, checked with file and line, run, and written."""
