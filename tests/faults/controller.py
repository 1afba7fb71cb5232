# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ansible-playbook that runs while the test watches it, and can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.upgrade.ansible_runs import CORES, Run, plain, recap_of

_TAG = "JP1_ITDM_FAULTS"
_STARTED: weakref.WeakSet[Controller] = weakref.WeakSet()
# What the default callback prints when a task has ended on a host.
_DECIDED = re.compile(r"^(ok|changed|fatal|failed): \[")
_ACTED = re.compile(r"^(changed|fatal|failed): \[")


class Controller:
    """One run of C(ansible-playbook).

    :param words: its command line.
    :param system: the management server, whose result is read at the end.
    :param folder: where it is started.
    """

    def __init__(self, words: Sequence[str], system: str, folder: Path) -> None:
        self.words = list(words)
        self.began = datetime.now(UTC)
        self._system = system
        self._results = tempfile.TemporaryDirectory()
        self._tag = uuid.uuid4().hex
        self._lines: list[tuple[datetime, str]] = []
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        settings = {"ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_DEPRECATION_WARNINGS": "0", _TAG: self._tag}
        program = CORES["default"] / "bin" / self.words[0]
        self._process = subprocess.Popen(
            [str(program), *self.words[1:], "-e", f"upgrade_result_folder={self._results.name}"],
            cwd=folder,
            env={**inherited, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        _STARTED.add(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.append((datetime.now(UTC), line))

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def killed(self) -> bool:
        """Whether it was ended by SIGKILL."""
        return self._process.poll() == -signal.SIGKILL

    def kill(self) -> None:
        """End its main process, and nothing else, by SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def orphans(self) -> list[int]:
        """The processes that it has started and that still run."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != self._process.pid:
                with contextlib.suppress(OSError):
                    if f"{_TAG}={self._tag}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                        found.append(int(folder.name))
        return found

    def end_orphans(self, seconds: float) -> list[int]:
        """Wait for the processes that it has left behind, then end those that stay.

        :returns: those that did not end by themselves.
        """
        end = time.monotonic() + seconds
        while (left := self.orphans()) and time.monotonic() < end:
            time.sleep(0.5)
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return left

    def wait(self, seconds: float) -> bool:
        """Wait for its end.

        :returns: whether it has ended in time.
        """
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def decided(self, since: datetime) -> datetime:
        """When the first task ended after a moment; the run's end when none has."""
        return next((when for when, line in list(self._lines) if when >= since and _DECIDED.match(line)), self.ended)

    @property
    def acted(self) -> datetime:
        """When the first task ended that changed something or failed; the run's end when none has."""
        return next((when for when, line in list(self._lines) if _ACTED.match(line)), self.ended)

    @property
    def ended(self) -> datetime:
        """When it printed its last line."""
        lines = list(self._lines)
        return lines[-1][0] if lines else self.began

    def output(self) -> str:
        """What it has printed, with the time of each line."""
        return "".join(f"{when:%H:%M:%S} {line}" for when, line in list(self._lines))

    def end(self) -> Run:
        """How it ended; waits for it without a limit, so that callers first ask L(wait)."""
        code = self._process.wait()
        # workers that outlive a killed run keep the pipe open
        self._reader.join(None if code >= 0 else 1.0)
        output = "".join(line for _, line in list(self._lines))
        file = Path(self._results.name) / f"{self._system}.json"
        result = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return Run(code, output, plain(output), result, recap_of(output))

    def forget(self) -> None:
        """Remove the files of its results."""
        self._results.cleanup()


def end_all() -> None:
    """End every run with all its processes: none may go on when the test itself is ended."""
    for controller in list(_STARTED):
        if controller.runs:
            controller.kill()
        controller.end_orphans(0)


def playbook(name: str, inventory: Path, system: str, options: Mapping[str, object]) -> list[str]:
    """The command line that runs a playbook against a system.

    :param options: role options, by their names without C(upgrade_).
    """
    variables = json.dumps({f"upgrade_{key}": value for key, value in options.items()})
    return ["ansible-playbook", "-i", str(inventory), f"playbooks/{name}.yml", "--limit", system, "-e", variables]
