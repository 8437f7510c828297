"""README and .env.example are made from the table of settings."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_of_settings_are_up_to_date():
    made = subprocess.run([sys.executable, str(ROOT / "scripts" / "settings-docs"), "--check"],
                          stdout=subprocess.PIPE, universal_newlines=True)
    assert made.returncode == 0, made.stdout
