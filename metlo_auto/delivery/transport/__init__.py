"""Threads, connections and one POST, up to what the collector's response means for the batch."""
