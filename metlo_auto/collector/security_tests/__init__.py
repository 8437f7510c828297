"""Security tests of a running app, made from the requests that the collector saw it serve."""
