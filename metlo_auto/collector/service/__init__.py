"""The collector as a program: command line, server, access checks, data folder."""
