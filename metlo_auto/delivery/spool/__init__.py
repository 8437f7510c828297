"""Batches on disk: folder, file format, locks, and the choice between memory and disk."""
