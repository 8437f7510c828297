"""The arguments of `endpoints`, `findings` and `routes`; imports nothing heavy."""

from __future__ import annotations

import argparse

SEVERITIES = ("high", "medium", "low", "news")


def add_arguments(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    endpoints = commands.add_parser("endpoints", parents=[common], help="all endpoints, with calls and sensitive data")
    found = commands.add_parser("findings", parents=[common], help="what deserves attention, most severe first")
    compared = commands.add_parser("routes", parents=[common], help="routes that are declared and were never called")
    for command in (endpoints, found, compared):
        command.add_argument("--json", action="store_true", help="for machines")
        command.add_argument("--service", metavar="NAME", help="only this service")
        command.add_argument("--for-host", metavar="HOST", help="only what was called under this host")
    for command in (endpoints, found):
        command.add_argument("--since", metavar="RUN", help="only what is new since that run of metlo-run --local")
    found.add_argument(
        "--fail-on", choices=SEVERITIES[:3], metavar="SEVERITY", help="exit 1 from there on: high, medium or low"
    )
    found.add_argument("--guesses", action="store_true", help="with findings that are guesses")
    found.add_argument("--dismissed", action="store_true", help="with findings that a person has dismissed")
    found.add_argument("--sarif", metavar="FILE", help="write them for code scanning, SARIF 2.1.0")
    found.add_argument("--junit", metavar="FILE", help="write them as JUnit XML")
