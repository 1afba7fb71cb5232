# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as one object: what the command line and the tests use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from . import faults
from .credentials import Credentials, load_or_make
from .engine import Engine
from .errors import LabError
from .images import Images
from .inventory import CONNECTIONS, file_name, inventory_text
from .logs import whole_lines
from .machines import Machines
from .memory import Memory
from .names import LABEL, LOCALES, VERSIONS, LabHost, lab_id, make_hosts, network_name
from .network import free_ports, free_subnets, machine_subnets
from .programs import Event, parse_events
from .records import compare, parse_accepted
from .ssh_keys import CLIENT_KEY, HOST_KEY, KNOWN_HOSTS, load_or_make_keys
from .state import State, load, locked, save, write_atomically

MAX_SYSTEMS = 40

_T = TypeVar("_T")


def _silent(_: str) -> None:
    """Say nothing."""


def _check(version: str, locale: str) -> None:
    if version not in VERSIONS or locale not in LOCALES:
        raise LabError(f"Versions are {', '.join(VERSIONS)}; locales are {', '.join(LOCALES)}.")


class Lab:
    """The lab of one checkout.

    :param checkout: root of the checkout; everything the lab keeps is in its C(.lab) folder.
    :param say: called with each line of progress.
    :raises LabError: from every method, for whatever the lab can not do.
    """

    def __init__(self, checkout: Path, say: Callable[[str], None] = _silent) -> None:
        self.checkout = checkout.resolve()
        self.folder = self.checkout / ".lab"
        self.identity = lab_id(self.checkout)
        self._say = say
        self._memory = Memory()
        self._parts = self.checkout / "tests" / "lab"
        self._engine = Engine(self.folder / "containers.conf")
        self._machines = Machines(self._engine, self.identity, self.folder)
        self._images = Images(self._engine, self.identity, self._parts, self.folder / "build", say)

    # --- whole lab ---

    def up(self, systems: int = 1, version: str = "10-00", locale: str = "en") -> State:
        """Start a new lab; one that runs, or what a killed one left, is removed first."""
        if not 1 <= systems <= MAX_SYSTEMS:
            raise LabError(f"A lab has 1 to {MAX_SYSTEMS} systems, not {systems}.")
        _check(version, locale)
        with self._lock():
            images = self._images.ensure(version, self.credentials)
            self._clear()
            network, subnet = self._make_network()
            hosts = make_hosts(self.identity, systems, subnet, free_ports(self.identity, 4 * systems))
            state = State(version, locale, network, subnet, images, hosts)
            save(self._state_file, state)
            self._start(hosts, state)
            for connection in CONNECTIONS:
                text = inventory_text(state, self.credentials, self.folder, self._parts / "profile.yml", connection)
                write_atomically(self.inventory_for(connection), text, mode=0o600)
        return state

    def reset(
        self,
        system: int | None = None,
        *,
        version: str | None = None,
        locale: str | None = None,
        kept: str = "",
        broken_services: Iterable[str] = (),
    ) -> None:
        """Bring one system, or all, back to the state after C(up); names, addresses, ports and secrets stay.

        :param version: of the product, instead of the one that C(up) was given; holds until the next reset.
        :param locale: of Windows, likewise.
        :param kept: back to what L(keep) has kept under this name instead.
        :param broken_services: services that do not start, as by the fault of that name; nothing is waited for where there are any.
        """
        with ExitStack() as locks:
            locks.enter_context(self._lock(shared=True))  # systems may be reset side by side
            state = self.state()
            if version or locale:
                _check(version or state.version, locale or state.locale)
                images = self._images.ensure(version or state.version, self.credentials)
                state = replace(state, version=version or state.version, locale=locale or state.locale, images=images)
            hosts = state.hosts if system is None else state.system(system)
            for number in sorted({host.system for host in hosts}):
                locks.enter_context(locked(self.folder / f"system-{number}.lock"))
            self._engine.remove([host.container for host in hosts])
            self._start(hosts, state, kept, tuple(broken_services))

    def keep(self, system: int, name: str) -> None:
        """Shut a system down and keep its servers as they are, so that L(reset) can bring them back; until the next C(up) or C(down)."""
        with self._lock(shared=True), locked(self.folder / f"system-{system}.lock"):
            for host in self.state().system(system):
                self._machines.shut_down(host)
                self._images.keep(host.container, self._images.kept_name(host.name, name))
                accepted = (self._shared(host.name) / "accepted.log").read_text(encoding="utf-8")
                write_atomically(self._kept_log(host, name), accepted)

    def is_kept(self, system: int, name: str) -> bool:
        """Whether L(keep) has kept a system under a name."""
        return all(self._engine.image_exists(self._images.kept_name(host.name, name)) for host in self.state().system(system))

    def down(self, *, images: bool = False) -> None:
        """Remove the containers, the network and the state.

        :param images: also this checkout's images and secrets.
        """
        with self._lock():
            self._clear()
            for connection in CONNECTIONS:
                self.inventory_for(connection).unlink(missing_ok=True)
            if images:
                self._images.remove_all()
                for name in ("secrets.yml", "ca.crt", "ca.key", HOST_KEY, CLIENT_KEY, KNOWN_HOSTS):
                    (self.folder / name).unlink(missing_ok=True)
                self._machines = Machines(self._engine, self.identity, self.folder)

    def make_images(self) -> str:
        """The image with the Windows programs; made if needed."""
        with self._lock():
            return self._images.ensure_tools()

    # --- what there is ---

    @property
    def inventory_file(self) -> Path:
        """The Ansible inventory of the running lab."""
        return self.inventory_for(CONNECTIONS[0])

    def inventory_for(self, connection: str) -> Path:
        """The running lab's inventory for one of Ansible's connections."""
        return self.folder / file_name(connection)

    @property
    def credentials(self) -> Credentials:
        """The checkout's secrets."""
        return load_or_make(self.folder / "secrets.yml")

    def state(self) -> State:
        """The running lab."""
        state = self._memory.of(self._state_file, load)
        if state is None:
            raise LabError("The lab is not up. Run 'python tests/lab up'.")
        return state

    def hosts(self) -> list[LabHost]:
        """The hosts, system by system, the management server first."""
        return self.state().hosts

    def host(self, name: str) -> LabHost:
        """One host by its name."""
        return self.state().host(name)

    def running(self) -> dict[str, str]:
        """The state of each host by its name; C(missing) for one without a container."""
        found = self._engine.containers(self.identity)
        return {host.name: found.get(host.container, "missing") for host in self.hosts()}

    # --- faults ---

    def fault(self, host: str, section: str, **keys: Any) -> None:
        """Set a section of the host's C(faults.ini) (the lab's README lists them); without keys it is removed."""
        faults.set_fault(self._shared(host) / "faults.ini", section, keys)

    def wire_fault(self, host: str, **keys: Any) -> None:
        """Add a fault of the host's WinRM endpoint."""
        faults.add_wire_fault(self._shared(host) / "wire-faults.json", keys)

    def endpoint(self, host: str, **settings: Any) -> None:
        """Change settings of the host's WinRM endpoint."""
        faults.set_endpoint(self._shared(host) / "endpoint.json", settings)

    def clear_faults(self, host: str | None = None) -> None:
        """Remove all faults and endpoint settings of one host or of all."""
        for name in [host] if host else [each.name for each in self.hosts()]:
            for file in ("faults.ini", "wire-faults.json", "endpoint.json"):
                (self._shared(name) / file).unlink(missing_ok=True)

    def faults(self, host: str) -> dict[str, Any]:
        """The faults that are set, by section; those of the wire under C(wire)."""
        folder = self._shared(host)
        found: dict[str, Any] = dict(faults.sections(faults.read(folder / "faults.ini")))
        if (folder / "wire-faults.json").exists():
            found["wire"] = json.loads((folder / "wire-faults.json").read_text(encoding="utf-8"))
        return found

    def restart(self, host: str) -> None:
        """An orderly restart of Windows; returns when the host is usable."""
        self._machines.restart(self.host(host))
        self.wait_until_usable(host)

    def power_loss(self, host: str) -> None:
        """Cut the power and switch it on again; returns when the host is usable."""
        self._machines.cut_power(self.host(host))
        self.wait_until_usable(host)

    def switch_off(self, host: str) -> None:
        """Cut the power."""
        self._machines.switch_off(self.host(host))

    def switch_on(self, host: str) -> None:
        """Switch a host on that is off; returns when it is usable."""
        self._machines.switch_on(self.host(host))
        self.wait_until_usable(host)

    def pause(self, host: str) -> None:
        """Freeze every process of a host."""
        self._machines.pause(self.host(host))

    def unpause(self, host: str) -> None:
        """Let a frozen host go on."""
        self._machines.unpause(self.host(host))

    def certificate(self, host: str, kind: str = "valid") -> None:
        """Restart a host with another certificate: C(valid), C(expired), C(other-authority) or C(wrong-name)."""
        self._machines.give_certificate(self.host(host), kind)
        self._machines.restart(self.host(host))
        if kind == "valid":
            self.wait_until_usable(host)
        else:
            self._machines.wait_for_endpoint(self.host(host))

    def wait_until_usable(self, host: str, *, product: bool = False) -> None:
        """Wait until WinRM answers and, if asked, the product's services listen."""
        self._machines.wait_until_usable(self.host(host), self.credentials.winrm_password)
        if product:
            self._machines.wait_for_product(self.host(host))

    # --- what happened ---

    def look(self, host: str) -> dict[str, Any]:
        """What is really on a host, seen through the container engine; see the lab's README for the keys."""
        return self._machines.look(self.host(host))

    def records(self, system: int = 1) -> dict[str, Any]:
        """The lab's own count of a system's records.

        :returns: C(accepted), a list of (UTC time, record id); C(in_database), the ids; C(lost), ids of accepted
            records that the database has not; C(twice), ids that it has more than once.
        """
        manager, database = self.state().system(system)
        # The log first: whatever it has, the database had before.
        accepted = self._log(manager.name, "accepted.log", parse_accepted)
        return compare(accepted, self.look(database.name)["records"])

    def wire_log(self, host: str) -> list[dict[str, Any]]:
        """One entry for each HTTP request that the host's endpoint got."""
        return self._log(host, "wire.log", lambda lines: [json.loads(line) for line in lines])

    def programs(self, host: str) -> list[Event]:
        """What the product's programs on a host noted: their beginnings and ends, and the faults that struck."""
        return self._log(host, "programs.log", parse_events)

    def log(self, host: str) -> str:
        """The output of the host's endpoint."""
        return self._machines.log(self.host(host))

    # --- inside ---

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

    def _lock(self, *, shared: bool = False) -> AbstractContextManager[None]:
        return locked(self.folder / "lock", shared=shared)

    def _shared(self, host: str) -> Path:
        return self._machines.shared_folder(self.host(host))

    def _log(self, host: str, name: str, parse: Callable[[list[str]], list[_T]]) -> list[_T]:
        """What a host's log says."""
        return list(self._memory.of(self._shared(host) / name, lambda log: parse(whole_lines(log.read_bytes()))))

    def _clear(self) -> None:
        """Remove what belongs to this lab, found by its label and by name: also what a killed command left."""
        self._engine.settle()
        self._engine.remove([*self._engine.containers(self.identity), *self._engine.half_made(self.identity)])
        for network in self._engine.networks(self.identity):
            self._engine.run("network", "rm", network)
        self._images.forget_kept()
        self._state_file.unlink(missing_ok=True)

    def _kept_log(self, host: LabHost, name: str) -> Path:
        return self.folder / "kept" / f"{host.name}-{name}.log"

    def _make_network(self) -> tuple[str, str]:
        name = network_name(self.identity)
        failure: LabError | None = None
        for subnet in islice(free_subnets(self.identity, self._engine.subnets() + machine_subnets()), 5):
            try:
                no_names = ["--disable-dns"] if self._engine.is_podman else []  # the hosts know each other from /etc/hosts
                self._engine.run("network", "create", *no_names, f"--subnet={subnet}", f"--label={LABEL}={self.identity}", name)
            except LabError as error:  # another lab may have taken it in this moment
                failure = error
            else:
                return name, subnet
        raise failure or LabError("No free subnet between 10.224.0.0 and 10.231.255.0.")

    def _start(self, hosts: Iterable[LabHost], state: State, kept: str = "", broken_services: tuple[str, ...] = ()) -> None:
        """Start hosts side by side, but each management server only when its database server serves.

        The product waits some seconds for its database; on a busy machine that may be too short for two booting servers.
        """
        credentials = self.credentials
        self._machines.load_authority()
        load_or_make_keys(self.folder)

        def boot(host: LabHost) -> None:
            self._machines.prepare(host, credentials)
            image = state.images[host.role]
            if kept:
                image = self._images.kept_name(host.name, kept)
                shutil.copy(self._kept_log(host, kept), self._shared(host.name) / "accepted.log")
            for service in broken_services:
                self.fault(host.name, f"service:{service}", start="fail")
            self._machines.run(host, state, image)
            if not broken_services:
                self._machines.wait_for_product(host)

        def welcome(host: LabHost) -> None:
            self._machines.wait_until_usable(host, credentials.winrm_password)
            self._machines.forget_wire_log(host)
            self._say(f"{host.name} is usable: {host.role} server, WinRM on 127.0.0.1:{host.port}")

        with ThreadPoolExecutor(max_workers=8) as pool:
            # Submitted first, so that nothing which waits for them keeps the threads they need.
            databases = {host.system: pool.submit(boot, host) for host in hosts if host.role == "database"}

            def start(host: LabHost) -> None:
                databases[host.system].result()
                if host.role == "management":
                    boot(host)
                welcome(host)

            list(pool.map(start, hosts))
