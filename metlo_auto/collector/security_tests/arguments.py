"""The options of `metlo-collector test`; imports nothing but argparse, so that help and completion stay quick."""

from __future__ import annotations

import argparse

_EPILOG = """\
exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or a bad file,
3 the target cannot be reached or nothing could be tested

examples:
  metlo-collector test http://127.0.0.1:5000 --as alice='Authorization: Bearer …' --as bob='Authorization: Bearer …'
  metlo-collector test http://127.0.0.1:5000 --config tests.toml --sarif security.sarif --baseline known.json
  metlo-collector test http://127.0.0.1:5000 --run security/*.yaml
"""


def add_arguments(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    test = commands.add_parser(
        "test", parents=[common], help="security tests of a running app, made from its traffic", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    test.add_argument("url", nargs="?", metavar="URL", help="where the app listens, e.g. http://127.0.0.1:5000")
    test.add_argument("--as", action="append", default=[], dest="identities", metavar="NAME=HEADER:VALUE",
                      help="an identity; several headers by repeating it")  # fmt: skip
    test.add_argument("--config", metavar="FILE", help="a TOML file with identities, logins and suppressed findings")
    test.add_argument("--only", metavar="KIND,…", default="", help="these kinds alone; also those that are optional")
    test.add_argument("--skip", metavar="KIND,…", default="", help="all kinds but these")
    test.add_argument("--endpoint", action="append", default=[], dest="endpoints", metavar="ENDPOINT",
                      help="only this one, e.g. 'GET /users/{id}'; may be repeated")  # fmt: skip
    test.add_argument("--service", metavar="NAME", default="", help="only endpoints of this service")
    test.add_argument("--allow-writes", nargs="?", const="some", default="", metavar="all",
                      help="send POST, PUT and PATCH too; with =all DELETE as well")  # fmt: skip
    test.add_argument("--allow-host", action="append", default=[], dest="allowed_hosts", metavar="HOST",
                      help="a host off loopback that may be tested")  # fmt: skip
    test.add_argument("--rate", type=float, metavar="N", help="requests a second at most; default: 20")
    test.add_argument("--max-requests", type=int, metavar="N", help="requests at most; default: no bound")
    test.add_argument("--seed", type=int, default=0, metavar="N", help="of markers and numbers; default: %(default)s")
    test.add_argument("--dry-run", action="store_true", help="print what would be tested, and send nothing")
    test.add_argument("--fail-on", choices=("high", "medium", "low"), default="high",
                      help="exit 1 from this severity on; default: %(default)s")  # fmt: skip
    test.add_argument("--baseline", metavar="FILE", help="findings that are known and accepted")
    test.add_argument("--write-baseline", metavar="FILE", help="accept what this run finds")
    test.add_argument("--junit", metavar="FILE", help="write the result as JUnit XML")
    test.add_argument("--sarif", metavar="FILE", help="write the result as SARIF 2.1.0")
    test.add_argument("--json", metavar="FILE", help="write the result as JSON")
    test.add_argument("--run", nargs="+", default=[], metavar="FILE", help="run Metlo's YAML test files instead")
    test.add_argument("--write", metavar="DIR", help="write the tests as Metlo's YAML test files, and send nothing")
    test.add_argument("--fuzz", action="store_true", help="also run Schemathesis on the OpenAPI document (extra test)")
