# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container engine: podman or docker, called as a program."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

from .entrances import entrance, started
from .errors import LabError
from .names import LABEL
from .state import locked, write_atomically

_CHANGES = {"commit", "kill", "network", "restart", "rm", "rmi", "run", "start", "stop"}
_FEW_FILES = 4096
_ENOUGH_FILES = 1048576


def podman_settings(*, unified_cgroups: bool, runc: str | None, hard_file_limit: int) -> str:
    """Text of a C(containers.conf) with what this machine needs beyond podman's own defaults, or an empty text.

    :param unified_cgroups: whether the machine has the version 2 cgroup hierarchy only (crun needs that).
    :param runc: path of the runc runtime, if installed.
    :param hard_file_limit: the hard limit of open files; podman asks for about a million by default.
    """
    containers: list[str] = []
    engine: list[str] = []
    if not unified_cgroups and runc:
        engine = ["[engine]", 'runtime = "runc"']
    if 0 < hard_file_limit < _ENOUGH_FILES:
        limit = min(hard_file_limit, _FEW_FILES)
        containers = ["[containers]", f'default_ulimits = ["nofile={limit}:{limit}", "nproc={limit}:{limit}"]']
    return "".join(line + "\n" for line in [*containers, *engine])


class Engine:
    """Runs podman or docker.

    :param settings: where to keep the lab's own C(containers.conf); other users of podman are not touched.
    """

    def __init__(self, settings: Path) -> None:
        wanted = os.environ.get("LAB_ENGINE")
        found = next((name for name in ([wanted] if wanted else ["podman", "docker"]) if shutil.which(name)), None)
        if found is None:
            raise LabError("No container engine found. Run 'sh tests/lab/image/machine.sh' or install podman or docker.")
        self.program = found
        self.environment = dict(os.environ)
        self._first_processes: dict[str, tuple[int, str]] = {}
        self._running = settings.with_name("engine.lock")
        self._running.parent.mkdir(parents=True, exist_ok=True)
        if found == "podman":
            self._configure_podman(settings)

    @property
    def is_podman(self) -> bool:
        """Whether the engine is podman."""
        return self.program == "podman"

    def _configure_podman(self, settings: Path) -> None:
        text = podman_settings(
            unified_cgroups=Path("/sys/fs/cgroup/cgroup.controllers").exists(),
            runc=shutil.which("runc"),
            hard_file_limit=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        )
        if not text:
            return
        if not settings.exists() or settings.read_text(encoding="utf-8") != text:
            write_atomically(settings, text)
        self.environment["CONTAINERS_CONF"] = str(settings)

    def attempt(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the engine and return what came of it, whatever it is.

        A command that makes or removes something always runs to its end, also when the lab is killed meanwhile: an engine that is
        stopped half-way leaves bridges, rules and storage that nobody owns. L(settle) waits for such commands.
        """
        changes = arguments[0] in _CHANGES
        # The lock belongs to flock, which ends with the engine, and is not handed down to the containers.
        guard = ["flock", "--shared", "--close", str(self._running)] if changes else []
        return subprocess.run(
            [*guard, self.program, *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env=self.environment,
            start_new_session=changes,
            check=False,
        )

    def settle(self) -> None:
        """Wait for the end of what killed commands of this lab have begun."""
        with locked(self._running):
            pass

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run the engine and return its standard output.

        :raises LabError: it failed; the message has its words.
        """
        result = self.attempt(*arguments, stdin=stdin)
        if result.returncode:
            words = (result.stderr.strip() or result.stdout.strip())[-2000:]
            raise LabError(f"'{self.program} {' '.join(arguments[:3])} ...' failed with exit code {result.returncode}: {words}")
        return result.stdout

    def execute(self, container: str, *command: str, stdin: str = "") -> str:
        """Run a command in a container that runs, and return its standard output.

        :raises LabError: it failed; the message has its words.
        """
        way = entrance(self._first_process(container))
        if way is None:
            return self.run("exec", "--interactive", container, *command, stdin=stdin)
        words, variables = way
        result = subprocess.run(
            [*words, *command], input=stdin, capture_output=True, text=True, errors="replace", env=variables, check=False
        )
        if result.returncode:
            raise LabError(
                f"'{' '.join(command[:3])} ...' in {container} failed with exit code {result.returncode}: {result.stderr[-2000:]}"
            )
        return result.stdout

    def _first_process(self, container: str) -> int:
        """The id of a container's first process; asked for anew when that has ended, also where another process has its id now."""
        pid, start = self._first_processes.get(container, (0, ""))
        if not start or started(pid) != start:
            pid = int(self.run("container", "inspect", "--format", "{{.State.Pid}}", container))
            self._first_processes[container] = pid, started(pid)
        return pid

    def containers(self, identity: str) -> dict[str, str]:
        """Names and states (C(running), C(exited), C(paused) ...) of the containers that belong to one lab."""
        names = self.run("ps", "--all", "--filter", f"label={LABEL}={identity}", "--format", "{{.Names}}").split()
        if not names:
            return {}
        lines = self.attempt("container", "inspect", "--format", "{{.Name}}\t{{.State.Status}}", *names).stdout
        states = dict(line.split("\t", 1) for line in lines.splitlines() if line)
        return {name: states.get(name) or states.get(f"/{name}", "missing") for name in names}

    def half_made(self, identity: str) -> list[str]:
        """Names of one lab's containers whose making was killed before podman knew more of them than the name."""
        if not self.is_podman:
            return []
        listing = self.run("ps", "--all", "--external", "--format", "{{.Names}}\t{{.Status}}")
        ours = re.compile(rf"(jp1lab-{identity}-(?:mgr\d+|db\d+|make-\w+))\tStorage")
        return [match[1] for line in listing.splitlines() if (match := ours.fullmatch(line))]

    def remove(self, containers: list[str]) -> None:
        """Kill and remove containers by name; missing ones are no error."""
        for name in containers:
            self.attempt("rm", "--force", *(["--time", "0"] if self.is_podman else []), name)

    def networks(self, identity: str) -> list[str]:
        """Names of the networks that belong to one lab."""
        lines = self.run("network", "ls", "--filter", f"label={LABEL}={identity}", "--format", "{{.Name}}")
        return lines.split()

    def subnets(self) -> list[str]:
        """All subnets that the engine's networks use."""
        names = self.run("network", "ls", "--format", "{{.Name}}").split()
        found: list[str] = []
        for network in json.loads(self.run("network", "inspect", *names)) if names else []:
            parts = network.get("subnets") or network.get("IPAM", {}).get("Config") or []
            found += [part.get("subnet") or part.get("Subnet") for part in parts]
        return [subnet for subnet in found if subnet]

    def image_exists(self, name: str) -> bool:
        """Whether an image of that name is stored on this machine."""
        return self.attempt("image", "inspect", "--format", "{{.Id}}", name).returncode == 0

    def images(self, label: str) -> list[str]:
        """Names (C(repository:tag)) of the stored images that carry a label."""
        lines = self.run("images", "--filter", f"label={label}", "--format", "{{.Repository}}:{{.Tag}}")
        return [line for line in lines.splitlines() if "<none>" not in line]
