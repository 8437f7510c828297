"""The version, in one place: the build reads it, and every trace carries it as `meta.agent`."""

VERSION = "0.1.0"
