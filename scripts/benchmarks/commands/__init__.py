"""One module for each sub-command: its arguments, its measurement, its table and its chart."""
