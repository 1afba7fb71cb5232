# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks as a user would, and reads how they ended."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.lab_system import CHECKOUT, System

# The environments that the Makefile makes, by the ansible-core that they hold.
CORES = {"default": Path(sys.prefix), "oldest": CHECKOUT / ".venv-oldest", "newest": CHECKOUT / ".venv-newest"}
_RECAP = re.compile(r"^(\S+)\s+: (ok=\d+ .*)$", re.MULTILINE)
_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """How a run ended.

    :ivar text: its output, as it would be read: without line ends and the escapes of JSON.
    :ivar result: the result that the role wrote for the system, empty where it wrote none.
    :ivar recap: the counts of the play recap by host.
    """

    exit_code: int
    output: str
    text: str
    result: dict[str, Any]
    recap: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        return sum(counts["changed"] for counts in self.recap.values())

    @property
    def last_line(self) -> str:
        """The sentence that the run ended with."""
        ends = re.findall(r'"?msg"?: "?([A-Z_]{6,}: .*?)"?(?: *\}| PLAY RECAP)', self.text)
        assert ends, self.output
        return str(ends[-1])

    def assert_end(self, state: str, *, green: bool | None = None) -> Run:
        """The run ended in this state, by exit code, result and last line alike.

        :param green: whether the exit code is 0; by default only for an upgrade that reached its goal.
        """
        assert self.result.get("end_state") == state, self.output
        assert (self.exit_code == 0) == ((state in ("SUCCEEDED", "NOTHING_TO_DO")) if green is None else green), self.output
        assert self.last_line.startswith(f"{state}: "), self.last_line
        return self

    def assert_blocked(self, *words: str) -> Run:
        """The run was refused before the first change, in these words, and not by a traceback."""
        assert self.exit_code != 0, self.output
        assert "BLOCKED: " in self.text, self.output
        for word in words:
            assert word in self.text, f"{word!r} is missing in: {self.output}"
        assert "Traceback" not in self.output
        assert self.changed == 0
        return self


def plain(output: str) -> str:
    """The output without line ends and the escapes of JSON."""
    return re.sub(r"\s+", " ", output.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", " "))


class Playbooks:
    """Runs the collection's playbooks against one system.

    :param inventory: the inventory; the lab's own by default.
    """

    def __init__(self, system: System, inventory: Path | None = None) -> None:
        self.system = system
        self.inventory = inventory or system.lab.inventory_file

    def __call__(
        self,
        playbook: str,
        *arguments: str,
        core: str = "default",
        folder: Path = CHECKOUT,
        environment: Mapping[str, str] | None = None,
        limit: str | None = None,
        **variables: Any,
    ) -> Run:
        """Run a playbook.

        :param playbook: its name, or whatever C(ansible-playbook) takes when it has a C(/) or a C(.) before its end.
        :param arguments: more arguments of C(ansible-playbook).
        :param core: a key of C(CORES).
        :param folder: where to run it.
        :param limit: the hosts; this system by default, none when empty.
        :param variables: role options, by their names without C(upgrade_).
        """
        path = f"playbooks/{playbook}.yml" if re.fullmatch(r"\w+", playbook) else playbook
        limited = self.system.manager if limit is None else limit
        with tempfile.TemporaryDirectory() as results:
            options = {"upgrade_result_folder": results, **{f"upgrade_{name}": value for name, value in variables.items()}}
            command = ["ansible-playbook", "-i", str(self.inventory), path, "-e", json.dumps(options), *arguments]
            command += ["--limit", limited] if limited else []
            return self.execute(command, core, folder, environment, Path(results))

    def command(self, line: str) -> Run:
        """Run a command exactly as a run has printed it, from another folder."""
        words = shlex.split(line)
        assert words[0] == "ansible-playbook"
        with tempfile.TemporaryDirectory() as results:
            return self.execute([*words, "-e", f"upgrade_result_folder={results}"], "default", Path("/"), None, Path(results))

    def execute(self, command: list[str], core: str, folder: Path, environment: Mapping[str, str] | None, results: Path) -> Run:
        """Run C(ansible-playbook) of a core and read how it ended."""
        program = CORES[core] / "bin" / command[0]
        assert program.exists(), f"{program} is missing; run 'make environments'."
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        settings = {**inherited, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_DEPRECATION_WARNINGS": "0", **(environment or {})}
        done = subprocess.run(
            [str(program), *command[1:]],
            cwd=folder,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        file = results / f"{self.system.manager}.json"
        result = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return Run(done.returncode, done.stdout, plain(done.stdout), result, recap_of(done.stdout))


def recap_of(output: str) -> dict[str, dict[str, int]]:
    """The counts of the play recap by host."""
    counts = {}
    for host, words in _RECAP.findall(output.rpartition("PLAY RECAP")[2]):
        counts[host] = {key: int(number) for key, number in (word.split("=") for word in words.split())}
    return counts
