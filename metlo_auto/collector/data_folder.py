"""The collector's folder on disk: where it is, who may read it, the secrets in it; knows nothing of HTTP or
SQL.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional

CHOOSE = "choose one with --data-dir or METLO_COLLECTOR_DATA_DIR"


class FolderUnusable(Exception):
    """The data folder cannot be used; the message says why and how to fix it."""


class Folder(NamedTuple):
    """A data folder that exists, belongs to this user and is closed to others."""

    path: Path

    @property
    def database_url(self) -> str:
        return "sqlite:///{}".format(self.path / "collector.db")

    def store_url(self, given: Optional[str], environ: Mapping[str, str]) -> str:
        """The database: `given`, else the environment's METLO_COLLECTOR_STORE, else the folder's own."""
        return given or environ.get("METLO_COLLECTOR_STORE") or self.database_url

    @property
    def log(self) -> Path:
        return self.path / "collector.log"

    @property
    def key_file(self) -> Path:
        return self.path / "api-key"

    def api_key(self) -> str:
        """The key that agents send, made on first use."""
        return self._secret("api-key")

    def page_secret(self) -> bytes:
        """What the page's tokens and cookies are signed with, made on first use."""
        return self._secret("page-secret").encode("ascii")

    def _secret(self, name: str) -> str:
        target = self.path / name
        if not target.exists():
            self._publish(target, secrets.token_urlsafe(32))
        _check_private(target)
        return target.read_text("ascii").strip()

    def _publish(self, target: Path, text: str) -> None:
        """Create `target` whole or not at all; of two processes at once the first wins (`link` never
        replaces).
        """
        draft = self.path / f".{target.name}.{secrets.token_hex(8)}"
        write_private(draft, text)
        try:
            os.link(draft, target)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def read_json(self, name: str) -> dict[str, Any]:
        """The object in file `name`, {} where it is missing or not readable as one."""
        try:
            value = json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        draft = self.path / f".{name}.{secrets.token_hex(8)}"
        write_private(draft, json.dumps(value))
        os.replace(draft, self.path / name)

    def is_out_of_space(self) -> bool:
        """True where the disk has no room for even an empty store."""
        return shutil.disk_usage(self.path).free < 500_000

    def remove(self, name: str) -> None:
        try:
            (self.path / name).unlink()
        except FileNotFoundError:
            pass


def default_path(environ: Mapping[str, str]) -> Path:
    """`METLO_COLLECTOR_DATA_DIR`, else metlo-auto in the user's state folder. Raises FolderUnusable."""
    given = environ.get("METLO_COLLECTOR_DATA_DIR")
    if given:
        return Path(given).expanduser()
    state = environ.get("XDG_STATE_HOME")
    if state and os.path.isabs(state):
        return Path(state) / "metlo-auto"
    given_home = environ.get("HOME")
    try:
        home = Path(given_home) if given_home else Path.home()
    except RuntimeError as error:
        raise FolderUnusable("this user has no home folder; " + CHOOSE) from error
    if not home.is_dir():
        raise FolderUnusable(f"the home folder {home} does not exist; {CHOOSE}")
    return home / ".local" / "state" / "metlo-auto"


def open_folder(path: Path) -> Folder:
    """Make `path` where needed and close it to others. Raises FolderUnusable."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        info = path.stat()
        if hasattr(os, "getuid") and info.st_uid != os.getuid():
            raise FolderUnusable(f"{path} belongs to another user; {CHOOSE}")
        if info.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise FolderUnusable(f"cannot use {path}: {error.strerror}; {CHOOSE}") from error
    return Folder(path.resolve())


def write_private(target: Path, text: str) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError:  # a full disk: half a file is of no use to anybody
        target.unlink()
        raise


def _check_private(target: Path) -> None:
    info = target.stat()
    if hasattr(os, "getuid") and info.st_uid != os.getuid():
        raise FolderUnusable(f"{target} belongs to another user; {CHOOSE}")
    if info.st_mode & 0o077:
        target.chmod(0o600)
