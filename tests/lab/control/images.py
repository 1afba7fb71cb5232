# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of a lab, one upon the other, each made only when one of its inputs has changed:

base     Debian, Wine, an empty prefix                          shared by all checkouts
tools    + the doubles of Windows programs                      shared by all checkouts
server   + the product, installed as a role at a version        one checkout's: it holds that checkout's secrets
host     + the WinRM endpoint                                   one checkout's
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .base_image import base_image_name, make_base_image
from .credentials import Credentials
from .engine import Engine
from .errors import LabError
from .hashing import digest
from .names import CHECKOUT_LABEL, LABEL, PEER_NAMES, ROLES
from .state import locked

_ENTRY = '["tini", "-g", "--", "python3", "/opt/lab/winrm"]'
_INSTALL_ENDPOINT = "cp -r /in/winrm /opt/lab/winrm && python3 -m compileall -q -f /opt/lab/winrm"
_LOCALE = "en_US.UTF-8"


@dataclass(frozen=True)
class _Layer:
    """An image made by a command in a container of another image.

    C(folders) are bound read-only at C(/in/<name>); C(stdin) is what the command reads.
    """

    name: str
    origin: str
    command: Sequence[str]
    folders: dict[str, Path]
    stdin: str = ""
    changes: Sequence[str] = ()


class Images:
    """Finds or makes the images of one checkout's lab.

    :param parts: the C(tests/lab) folder.
    :param work: folder for what is built on the machine (Windows programs, logs).
    :param say: called with each line of progress.
    """

    def __init__(self, engine: Engine, identity: str, parts: Path, work: Path, say: Callable[[str], None]) -> None:
        self._engine = engine
        self._identity = identity
        self._parts = parts
        self._work = work
        self._say = say

    def ensure(self, version: str, credentials: Credentials) -> dict[str, str]:
        """The host images of both roles at a version.

        :raises LabError: one could not be made.
        """
        names = {role: self._host_name(role, version, credentials) for role in ROLES}
        if all(self._engine.image_exists(name) for name in names.values()):
            return names
        # All checkouts share the lower images: only one makes them at a time.
        with locked(Path(tempfile.gettempdir()) / f"jp1lab-images-{os.getuid()}.lock"):
            self.ensure_tools()
            self._build("product", self._parts / "product")
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda role: self._ensure_host(role, version, credentials, names[role]), ROLES))
        servers = {self._server_name(role, version, credentials) for role in ROLES}
        self._forget_old(version, servers | set(names.values()))
        return names

    def ensure_base(self) -> str:
        """The base image."""
        recipe = self._parts / "image"
        name = base_image_name(recipe)
        if not self._engine.image_exists(name):
            self._work.mkdir(parents=True, exist_ok=True)
            with self._timed("base image (Debian packages, Wine): about 90 s"):
                make_base_image(self._engine, recipe, name, self._work / "base-image.log")
        return name

    def ensure_tools(self) -> str:
        """The image with the doubles of Windows programs."""
        name = self._tools_name()
        if not self._engine.image_exists(name):
            base = self.ensure_base()
            built = self._build("windows", self._parts / "windows")
            self._build("windows", self._parts / "image")
            image = self._parts / "image"
            with self._timed("image with the Windows programs"):
                command = ["sh", "/in/image/install-tools.sh", "/in/built"]
                self._make(_Layer(name, base, command, {"built": built, "image": image}))
        return name

    def _tools_name(self) -> str:
        image = self._parts / "image"
        inputs = [self._parts / "windows", image / "install-tools.sh", image / "look.c", image / "Makefile"]
        return f"localhost/jp1lab-tools:{digest(base_image_name(image), *inputs)}"

    def _server_name(self, role: str, version: str, credentials: Credentials) -> str:
        secrets = f"{credentials.database_password} {credentials.license_key}"
        inputs: list[Path | str] = [
            self._tools_name(),
            self._parts / "product",
            self._parts / "image/provision.sh",
            role,
            version,
            secrets,
        ]
        return f"localhost/jp1lab-{self._identity}-server:{role}-{version}-{digest(*inputs)}"

    def _host_name(self, role: str, version: str, credentials: Credentials) -> str:
        content = digest(self._server_name(role, version, credentials), self._parts / "winrm", _ENTRY, _INSTALL_ENDPOINT)
        return f"localhost/jp1lab-{self._identity}-host:{role}-{version}-{content}"

    def _ensure_host(self, role: str, version: str, credentials: Credentials, name: str) -> None:
        server = self._server_name(role, version, credentials)
        if not self._engine.image_exists(server):
            with self._timed(f"image of a {role} server at {version}"):
                self._make(self._provisioning(server, role, version, credentials))
        if not self._engine.image_exists(name):
            command = ["sh", "-c", _INSTALL_ENDPOINT]
            self._make(_Layer(name, server, command, {"winrm": self._parts / "winrm"}, changes=[f"CMD {_ENTRY}"]))

    def _provisioning(self, name: str, role: str, version: str, credentials: Credentials) -> _Layer:
        folders = {"product": self._work / "product", "script": self._parts / "image"}
        command = ["sh", "/in/script/provision.sh", role, version]
        stdin = f"{credentials.database_password}\n{credentials.license_key}\n"
        return _Layer(name, self._tools_name(), command, folders, stdin)

    def _build(self, folder: str, source: Path) -> Path:
        """Run make; what is up to date is not built again."""
        out = self._work / folder
        out.mkdir(parents=True, exist_ok=True)
        with self._timed(f"Windows programs of tests/lab/{source.name}"):
            command = ["make", "-j", str(os.cpu_count() or 1), "-C", str(source), f"OUT={out}"]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise LabError(f"'{' '.join(command)}' failed:\n{(result.stdout + result.stderr)[-3000:]}")
        return out

    def _make(self, layer: _Layer) -> None:
        container = f"jp1lab-{self._identity}-make-{digest(layer.name)}"
        self._engine.remove([container])
        mounts = [f"--volume={path}:/in/{name}:ro" for name, path in layer.folders.items()]
        hosts = [f"--add-host={name}:127.0.0.1" for name in PEER_NAMES.values()]
        locale = [f"--env=LC_ALL={_LOCALE}", "--env=WINEDEBUG=-all"]
        label = f"--label={LABEL}={self._identity}"
        try:
            self._engine.run(
                "run",
                "--interactive",
                "--name",
                container,
                label,
                *mounts,
                *hosts,
                *locale,
                layer.origin,
                "tini",
                "-g",
                "--",
                *layer.command,
                stdin=layer.stdin,
            )
            changes = [f"LABEL {CHECKOUT_LABEL}={self._identity}", *layer.changes]
            self._engine.run("commit", *(f"--change={change}" for change in changes), container, layer.name)
        finally:
            self._engine.remove([container])

    def _forget_old(self, version: str, current: set[str]) -> None:
        """Remove this checkout's images of a version that are no longer used; the engine keeps what a container needs."""
        kinds = tuple(f"{role}-{version}-" for role in ROLES)
        self._remove_own(lambda name: name not in current and name.partition(":")[2].startswith(kinds))

    def kept_name(self, host: str, name: str) -> str:
        """The image that L(keep) makes."""
        return f"localhost/jp1lab-{self._identity}-kept:{host.lower()}-{name}"

    def keep(self, container: str, image: str) -> None:
        """Make an image of a stopped host."""
        self._engine.run("commit", f"--change=LABEL {CHECKOUT_LABEL}={self._identity}", container, image)

    def forget_kept(self) -> None:
        """Remove the images of hosts that were kept."""
        for name in self._engine.images(f"{CHECKOUT_LABEL}={self._identity}"):
            if name.startswith(self.kept_name("", "")[:-1]):
                self._engine.attempt("rmi", name)

    def remove_all(self) -> None:
        """Remove this checkout's own images (they hold its secrets); the shared ones stay."""
        self._remove_own(lambda name: True)

    def _remove_own(self, unwanted: Callable[[str], bool]) -> None:
        own = self._engine.images(f"{CHECKOUT_LABEL}={self._identity}")
        for kind in ("host", "server"):  # a host image stands upon a server image
            for name in own:
                if name.startswith(f"localhost/jp1lab-{self._identity}-{kind}:") and unwanted(name):
                    self._engine.attempt("rmi", name)

    def _timed(self, what: str) -> _Timed:
        return _Timed(what, self._say)


class _Timed:
    """Says what begins and how long it took."""

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        self._what = what
        self._say = say

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._say(f"{self._what}: {time.monotonic() - self._start:.1f} s")
