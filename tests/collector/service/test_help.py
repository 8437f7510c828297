"""What metlo-collector says of itself."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from metlo_auto.collector.service.cli import _parser

COMMANDS = ("serve", "attach", "status", "openapi", "export", "delete")


def says(*arguments):
    command = [sys.executable, "-m", "metlo_auto.collector", *arguments]
    environ = dict(os.environ, COLUMNS="80")
    return subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()


@pytest.mark.parametrize("command", ("",) + COMMANDS)
def test_help_fits_a_screen(command):
    lines = says(*command.split(), "--help").splitlines()
    assert 5 < len(lines) <= 40 and max(map(len, lines)) <= 80, lines


def test_help_has_examples_that_can_be_parsed():
    examples = re.findall(r"^  metlo-collector (.+?)(?:  .*)?$", says("--help"), re.MULTILINE)
    assert len(examples) >= 4
    for example in examples:
        assert _parser().parse_args(shlex.split(example)).command == example.split()[0]


def test_every_command_is_completed_with_all_of_its_options():
    script = says("--print-completion", "bash")
    for command in COMMANDS:
        offered = re.search(r"^        %s\) COMPREPLY=\(\$\(compgen -W '(.*)' --" % command, script, re.MULTILINE)
        options = re.findall(r"^  (?:-\w, )?(--[\w-]+)", says(command, "--help"), re.MULTILINE)
        assert set(options) <= set(offered.group(1).split()) and len(options) > 2, command
