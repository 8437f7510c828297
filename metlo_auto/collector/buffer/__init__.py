"""Uploads on NATS JetStream instead of the store's inbox: taken while the store is unreachable, applied once."""
