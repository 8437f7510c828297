"""A Metlo-compatible collector for one machine; knows the wire format, never the agent."""
