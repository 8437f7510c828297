"""`metlo-collector test`: from options to a run, its outputs and its exit status."""

from __future__ import annotations

import argparse
import importlib.util
import os
import secrets
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

from metlo_auto.collector.home import Home
from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.inventory.naming import nearest
from metlo_auto.collector.inventory.plain_queries import list_endpoints
from metlo_auto.collector.security_tests import writing_files
from metlo_auto.collector.security_tests.agent_view import Exceptions, wait_until_analysed
from metlo_auto.collector.security_tests.config_file import BadConfig, Config, read_config
from metlo_auto.collector.security_tests.http_client import Client, is_reached
from metlo_auto.collector.security_tests.identities import BadIdentity, Identity, parse_identities
from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.logins import LoginFailed
from metlo_auto.collector.security_tests.outputs.baseline import Accepted, BadBaseline, apply_baseline, read_baseline
from metlo_auto.collector.security_tests.outputs.json_report import as_json
from metlo_auto.collector.security_tests.outputs.text import as_text
from metlo_auto.collector.security_tests.ownership import callers
from metlo_auto.collector.security_tests.plan import Options, Plan, make_plan
from metlo_auto.collector.security_tests.rate import Limiter
from metlo_auto.collector.security_tests.reporting import Reporter
from metlo_auto.collector.security_tests.results import RANK, Result
from metlo_auto.collector.security_tests.runner import Run
from metlo_auto.collector.security_tests.safety import may_ask
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.targets import Target, read_targets
from metlo_auto.collector.security_tests.values import Origin, parse_origin
from metlo_auto.collector.store.running_tests import begin_run, end_run
from metlo_auto.collector.store.statements import Ask, Statements

FINDINGS, USAGE, NOTHING = 1, 2, 3
RATE = 20.0
DISTRIBUTIONS = {"yaml": "pyyaml"}


class Misused(Exception):
    """The command line or a file cannot be used; the message is the one line that is shown."""


class NothingTested(Exception):
    """The target cannot be reached, or there is nothing to test; the message is the one line that is shown."""


class Setting(NamedTuple):
    """The options, understood."""

    origin: Origin
    identities: tuple[Identity, ...]
    config: Config
    options: Options
    service: str
    rate: float
    accepted: dict[str, Accepted]


def run_command(folder: Home, options: argparse.Namespace, store: Statements) -> int:
    """The exit status."""
    try:
        if options.run:
            return _run_files(options)
        if options.fuzz:
            _check_packages(("schemathesis",), "--fuzz needs")
        return _run(folder, _understood(options), options, store)
    except (Misused, BadIdentity, BadConfig, BadBaseline) as error:
        print(f"metlo-collector: {error}", file=sys.stderr)
        return USAGE
    except (NothingTested, LoginFailed) as error:
        print(f"metlo-collector: {error}", file=sys.stderr)
        return NOTHING


def _run_files(options: argparse.Namespace) -> int:
    """Raises Misused where a package is not there."""
    _check_packages(("yaml", "html5lib"), "test files need")
    from metlo_auto.collector.security_tests.metlo_yaml.command import run_files

    if options.run[-1].startswith(("http://", "https://")) and not options.url:  # `--run FILE URL` gives it the URL
        options.url, options.run = options.run[-1], options.run[:-1]
    return run_files(options)


def _check_packages(wanted: "tuple[str, ...]", why: str) -> None:
    missing = [DISTRIBUTIONS.get(name, name) for name in wanted if importlib.util.find_spec(name) is None]
    if missing:  # by their own names: in the environment that --local makes, metlo-auto itself is not installed
        hint = f"{sys.executable} -m pip install {' '.join(missing)}"
        raise Misused(f"{', '.join(missing)} not installed, which {why}; run: {hint}")


def _understood(options: argparse.Namespace) -> Setting:
    """Raises Misused, BadIdentity, BadConfig, BadBaseline."""
    if options.allow_writes not in ("", "some", "all"):  # `--allow-writes URL` gives it the URL
        options.url, options.allow_writes = options.url or options.allow_writes, "some"
    config = read_config(Path(options.config), os.environ) if options.config else Config({}, {}, {})
    origin = parse_origin(options.url or str(config.target.get("url", "")))
    if origin is None:
        raise Misused("test needs the URL of a running app, e.g. metlo-collector test http://127.0.0.1:5000")
    if not may_ask(origin, [*options.allowed_hosts, *map(str, config.target.get("allow_hosts", ()))]):
        raise Misused(f"{origin.host} is not this machine; say --allow-host {origin.host} if it may be tested")
    rate = options.rate or float(config.target.get("rate", RATE))
    if rate <= 0 or options.max_requests is not None and options.max_requests < 1:
        raise Misused("--rate and --max-requests want numbers above 0")
    identities = {**config.identities, **parse_identities(options.identities)}
    accepted = read_baseline(Path(options.baseline)) if options.baseline else {}
    accepted.update({name: Accepted(reason, None) for name, reason in config.suppress.items()})
    chosen = Options(
        _kinds("--only", options.only), _kinds("--skip", options.skip), tuple(options.endpoints), options.allow_writes,
        options.seed,
    )  # fmt: skip
    if not chosen.kinds:
        raise Misused("--only and --skip leave no kind to test")
    service = options.service or str(config.target.get("service", ""))
    return Setting(origin, tuple(identities.values()), config, chosen, service, rate, accepted)


def _kinds(option: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in KINDS:
            raise Misused(f"{option} knows no kind {name}; {nearest(name, list(KINDS), len(KINDS))}")
    return names


def _run(folder: Home, setting: Setting, options: argparse.Namespace, store: Statements) -> int:
    name = secrets.token_hex(10)
    client = Client(setting.origin, name, Limiter(setting.rate, options.max_requests))
    sessions = Sessions(client, setting.identities)
    if not options.dry_run and not options.write:
        begin_run(store, name, setting.origin.url)
        if not is_reached(client):
            raise NothingTested(f"nothing answers at {setting.origin.url}")
        sessions.sign_in()
        wait_until_analysed(store)
    plan = _plan(folder, store, setting, sessions)
    if options.dry_run or options.write:
        return _only_planned(plan, options, setting)
    run = Run(name, client, sessions, setting.options, Exceptions(store, name))
    reporter = Reporter(sys.stderr)
    run.go(plan, reporter.look)
    reporter.close()
    client.close()
    result = _fuzzed(run.result(), plan, store, setting, sessions) if options.fuzz else run.result()
    result = apply_baseline(result, setting.accepted, date.today())
    end_run(store, name, as_json(result))
    writing_files.write_outputs(result, options)
    print("\n".join(as_text(result)))
    return _status(result, options.fail_on)


def _fuzzed(result: Result, plan: Plan, store: Statements, setting: Setting, sessions: Sessions) -> Result:
    from metlo_auto.collector.security_tests.fuzz import fuzzed

    targets = [target for target, _ in plan.tasks]
    return fuzzed(result, targets, store.engine(), setting.origin, sessions, setting.rate)


def _plan(folder: Home, store: Statements, setting: Setting, sessions: Sessions) -> Plan:
    """Raises NothingTested where the store knows no endpoint, Misused for an endpoint that it does not know."""
    known = callers(folder.api_key(), sessions.current())
    with store.reading() as ask:
        _check_service(ask, setting.service)
        targets = read_targets(ask, setting.origin, setting.service, known, sessions.current())
    if not targets:
        about = f" of the service {setting.service}" if setting.service else ""
        raise NothingTested(f"the collector has seen no endpoint{about}: drive the app under metlo-run --local first")
    _check_names(targets, setting.options.endpoints)
    return make_plan(targets, setting.options)


def _check_service(ask: Ask, name: str) -> None:
    """A service, or a host that stands for one. Raises Misused."""
    known = list_endpoints(ask) if name else []
    names = sorted({one for endpoint in known for one in (endpoint.service, *endpoint.hosts)})
    if name and names and name not in names:
        raise Misused(f"there is no service {name!r}; {nearest(name, names)}")


def _check_names(targets: list[Target], wanted: tuple[str, ...]) -> None:
    names = {target.name for target in targets}
    for name in wanted:
        if name not in names:
            raise Misused(f"--endpoint: there is no endpoint {name!r}; {nearest(name, sorted(names))}")


def _only_planned(plan: Plan, options: argparse.Namespace, setting: Setting) -> int:
    if options.write:
        _check_packages(("yaml", "html5lib"), "test files need")
        from metlo_auto.collector.security_tests.metlo_yaml.written import write_tests

        print(f"{counted(write_tests(plan, Path(options.write), setting.origin), 'file')} written to {options.write}")
        return 0
    for target, kinds in plan.tasks:
        print(f"{target.name}: {', '.join(kinds)}")
    for skip in plan.skipped:
        print(f"{skip.method} {skip.route}: not tested, {skip.reason}")
    return 0 if plan.tasks else NOTHING


def _status(result: Result, fail_on: str) -> int:
    if not result.tested and not result.findings:
        print("metlo-collector: nothing could be tested", file=sys.stderr)
        return NOTHING
    return FINDINGS if any(RANK[finding.severity] <= RANK[fail_on] for finding in result.findings) else 0
