"""The database: schema, engine, inbox, counters, retention and deletion."""
