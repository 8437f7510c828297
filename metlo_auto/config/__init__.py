"""Settings: the table, the parsers of their values, and the .env file; the environment is an argument."""
