# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open shells and their commands, with the quotas of WinRM."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .command_lines import windows_line
from .commands import Command
from .faults import command_not_found, process_not_started, shell_not_found, too_many_operations, too_many_shells
from .processes import Launcher, ProcessSpec, StartError
from .settings import Settings


@dataclass(frozen=True)
class ShellOptions:
    """What a client asks for when it creates a shell.

    Attributes:
        shell_id: chosen by the client, or None.
        code_page: 0 when the client names none.
        idle_seconds: life without a message; None when the client names none.
    """

    shell_id: str | None
    owner: str
    code_page: int
    folder: str
    variables: Mapping[str, str]
    idle_seconds: float | None


@dataclass
class Shell:
    """An open shell; its id is also the name of its job object."""

    id: str
    options: ShellOptions
    idle_seconds: float
    commands: dict[str, Command] = field(default_factory=dict)
    operations: int = 0
    messages_in_work: int = 0
    last_used: float = field(default_factory=time.monotonic)

    def command(self, command_id: str | None) -> Command:
        """The command of that id.

        Raises:
            WsmanFault: there is none.
        """
        try:
            return self.commands[command_id or ""]
        except KeyError:
            raise command_not_found(command_id) from None


class Shells:
    """All shells of the host.

    Args:
        launcher: starts the commands.
    """

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}

    def open(self, options: ShellOptions, settings: Settings) -> Shell:
        """Open a shell.

        Raises:
            WsmanFault: the owner has too many.
        """
        idle_seconds = settings.idle_seconds if options.idle_seconds is None else options.idle_seconds
        shell = Shell((options.shell_id or str(uuid.uuid4())).upper(), options, idle_seconds)
        with self._lock:
            owned = sum(other.options.owner == options.owner for other in self._shells.values())
            if owned >= settings.max_shells:
                raise too_many_shells(settings.max_shells)
            self._shells[shell.id] = shell
        self._launcher.open_job(shell.id)
        return shell

    @contextlib.contextmanager
    def using(self, shell_id: str | None) -> Iterator[Shell]:
        """The shell of that id; while it is used it does not expire.

        Raises:
            WsmanFault: there is none.
        """
        with self._lock:
            shell = self._shells.get((shell_id or "").upper())
            if shell is None:
                raise shell_not_found(shell_id)
            shell.messages_in_work += 1
        try:
            yield shell
        finally:
            with self._lock:
                shell.messages_in_work -= 1
                shell.last_used = time.monotonic()

    def run(self, shell: Shell, line: str, command_id: str | None, *, skip_shell: bool, settings: Settings) -> Command:
        """Start a command in a shell.

        Raises:
            WsmanFault: a quota of the shell is reached, or Windows can not start the command.
        """
        with self._lock:
            if len(shell.commands) >= settings.max_commands:
                raise too_many_operations(settings.max_commands)
            if shell.operations >= settings.max_operations:
                raise too_many_operations(settings.max_operations)
            shell.operations += 1
        spec = ProcessSpec(
            job=shell.id,
            line=windows_line(line, skip_shell=skip_shell, settings=settings),
            code_page=shell.options.code_page,
            folder=shell.options.folder,
            variables=shell.options.variables,
        )
        try:
            process = self._launcher.start(spec)
        except StartError as error:
            raise process_not_started(error.win32_error) from error
        command = Command(process, line, hold_open=settings.hold_open, command_id=command_id)
        with self._lock:
            shell.commands[command.id] = command
        return command

    def free(self, shell: Shell, command: Command) -> None:
        """Terminate a command and forget it."""
        with self._lock:
            shell.commands.pop(command.id, None)
        command.signal("terminate")

    def close(self, shell_id: str | None) -> None:
        """Close a shell and kill its processes; nothing when there is none."""
        with self._lock:
            shell = self._shells.pop((shell_id or "").upper(), None)
        if shell is not None:
            for command in list(shell.commands.values()):
                self.free(shell, command)
            self._launcher.close_job(shell.id)

    def close_expired(self) -> None:
        """Close the shells that were idle for too long."""
        now = time.monotonic()
        with self._lock:
            expired = [
                shell.id for shell in self._shells.values() if not shell.messages_in_work and now - shell.last_used > shell.idle_seconds
            ]
        for shell_id in expired:
            self.close(shell_id)

    def command_line(self, shell_id: str | None, command_id: str | None) -> str:
        """The line of a command, for filters and the log; "" when there is no such command."""
        with self._lock:
            shell = self._shells.get((shell_id or "").upper())
            command = shell.commands.get(command_id or "") if shell else None
            return command.line if command else ""
