# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as containers: start, restart, cut the power, look inside."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from .authority import Authority
from .credentials import USER, Credentials
from .engine import Engine
from .errors import LabError
from .names import LABEL, LOCALES, PEER_NAMES, LabHost
from .processors import processor_of
from .readiness import PRODUCT_PORTS, wait_for_ports, wait_for_winrm
from .ssh_keys import load_or_make_keys
from .state import State, write_atomically

_ENDPOINT_PORT = 5986
_SSH_PORT = 22
_USABLE_SECONDS = 60.0
_LOOK_INSIDE = Path(__file__).with_name("look_inside.py")


class Machines:
    """The hosts of one lab.

    :param folder: the C(.lab) folder.
    """

    def __init__(self, engine: Engine, identity: str, folder: Path) -> None:
        self._engine = engine
        self._identity = identity
        self._folder = folder

    @cached_property
    def _authority(self) -> Authority:
        return Authority.load_or_make(self._folder / "ca.crt", self._folder / "ca.key")

    def load_authority(self) -> None:
        """Make or read the authority before several threads need it."""
        _ = self._authority

    def shared_folder(self, host: LabHost) -> Path:
        """The folder that a host sees as C(/lab)."""
        return self._folder / "hosts" / host.name

    def prepare(self, host: LabHost, credentials: Credentials) -> None:
        """Give a host that does not run the shared folder of a new one: certificate, keys, user, no faults, empty logs."""
        folder = self.shared_folder(host)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        self.give_certificate(host, "valid")
        host_key, client_key = load_or_make_keys(self._folder)
        write_atomically(folder / "ssh_host_key", host_key, mode=0o600)
        write_atomically(folder / "authorized_keys", f"{client_key}\n")
        write_atomically(folder / "users", f"{host.name}:{USER}:{credentials.winrm_password}\n", mode=0o600)
        for log in ("accepted.log", "programs.log", "wire.log"):
            (folder / log).touch()

    def give_certificate(self, host: LabHost, kind: str) -> None:
        """Write the endpoint's certificate and key; a running host takes them at its next start."""
        certificate, key = self._authority.issue(host.name, kind)
        write_atomically(self.shared_folder(host) / "tls.key", key, mode=0o600)
        write_atomically(self.shared_folder(host) / "tls.crt", certificate)

    def run(self, host: LabHost, state: State, image: str) -> None:
        """Create and start a host's container."""
        peers = state.system(host.system)
        names = [f"--add-host={PEER_NAMES[peer.role]}:{peer.address}" for peer in peers]
        names += [f"--add-host={peer.name}:{peer.address}" for peer in peers if peer != host]
        locale = LOCALES[state.locale]
        self._engine.run(
            "run",
            "--detach",
            f"--name={host.container}",
            f"--hostname={host.name}",
            f"--label={LABEL}={self._identity}",
            f"--network={state.network}",
            f"--ip={host.address}",
            f"--mac-address={host.hardware_address}",
            f"--publish=127.0.0.1:{host.port}:{_ENDPOINT_PORT}",
            f"--publish=127.0.0.1:{host.ssh_port}:{_SSH_PORT}",
            *names,
            f"--env=LAB_LOCALE={locale}",
            f"--env=LC_ALL={locale}",
            f"--env=LAB_ROLE={host.role}",
            "--env=WINEDEBUG=-all",
            f"--env=LAB_CPU={processor_of(host.system)}",
            f"--volume={self.shared_folder(host)}:/lab",
            image,
        )

    def wait_until_usable(self, host: LabHost, password: str) -> None:
        """Wait until WinRM answers an authenticated command.

        :raises LabError: not within a minute; the message has the end of the container's log.
        """
        with self._explained(host):
            wait_for_winrm(host, password, self._folder / "ca.crt", time.monotonic() + _USABLE_SECONDS)

    def wait_for_product(self, host: LabHost) -> None:
        """Wait until the product's services listen.

        :raises LabError: not within a minute; the message has the end of the container's log.
        """
        self._wait_for_ports(host, PRODUCT_PORTS[host.role])

    def wait_for_endpoint(self, host: LabHost) -> None:
        """Wait until a host's endpoint listens, whatever it answers.

        :raises LabError: not within a minute; the message has the end of the container's log.
        """
        self._wait_for_ports(host, {_ENDPOINT_PORT})

    def _wait_for_ports(self, host: LabHost, ports: set[int]) -> None:
        with self._explained(host):
            wait_for_ports(host, ports, lambda: self._port_tables(host), time.monotonic() + _USABLE_SECONDS)

    @contextlib.contextmanager
    def _explained(self, host: LabHost) -> Iterator[None]:
        try:
            yield
        except LabError as error:
            raise LabError(f"{error}\nEnd of its log:\n{self.log(host)[-2000:]}") from error

    def _port_tables(self, host: LabHost) -> str:
        return self._engine.execute(host.container, "cat", "/proc/net/tcp", "/proc/net/tcp6")

    def forget_wire_log(self, host: LabHost) -> None:
        """Empty a host's wire log: the requests by which the lab itself waited do not count."""
        (self.shared_folder(host) / "wire.log").write_text("", encoding="utf-8")

    def restart(self, host: LabHost) -> None:
        """An orderly restart of Windows."""
        self._engine.run("restart", host.container)

    def cut_power(self, host: LabHost) -> None:
        """Kill everything at once and start again: what Windows had not written to disk is lost."""
        with contextlib.suppress(LabError):  # it may be off already
            self._engine.run("kill", host.container)
        self._engine.run("wait", host.container)
        self._engine.run("start", host.container)

    def switch_off(self, host: LabHost) -> None:
        """Kill everything at once."""
        self._engine.run("kill", host.container)

    def switch_on(self, host: LabHost) -> None:
        """Start a host that is off."""
        self._engine.run("start", host.container)

    def shut_down(self, host: LabHost) -> None:
        """An orderly end of Windows."""
        self._engine.run("stop", host.container)

    def pause(self, host: LabHost) -> None:
        """Freeze every process of a host."""
        self._engine.run("pause", host.container)

    def unpause(self, host: LabHost) -> None:
        """Let a frozen host go on."""
        self._engine.run("unpause", host.container)

    def log(self, host: LabHost) -> str:
        """What the endpoint wrote to standard output and error."""
        result = self._engine.attempt("logs", host.container)
        return result.stdout + result.stderr

    def look(self, host: LabHost) -> dict[str, Any]:
        """See L(look_inside)."""
        text = self._engine.execute(host.container, "python3", "-", stdin=_LOOK_INSIDE.read_text(encoding="utf-8"))
        result: dict[str, Any] = json.loads(text)
        return result
