"""The agents' side of HTTP: request bodies, the wire contract, and durable storage before the response."""
