# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running commands and asking questions on one server.

Note that this module is private to the collection.
"""

from __future__ import annotations

import secrets as random_tokens
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _probe, _quoting
from ansible_collections.jp1.itdm.plugins.plugin_utils._decoding import LineDecoder, decode
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import OnTimeLimit, Runner

#: Exit code of a command whose working folder does not exist (ERROR_DIRECTORY).
NO_WORKING_FOLDER = 267


@dataclass(frozen=True)
class CommandResult:
    """How a command ended.

    :ivar exit_code: signed 32-bit number.
    :ivar stdout: text with C(\\n) as line end and secrets masked; likewise I(stderr).
    :ivar elapsed: seconds.
    :ivar complete: false when the connection broke meanwhile, so that some output may be missing.
    """

    exit_code: int
    stdout: str
    stderr: str
    elapsed: float
    complete: bool = True
    stdout_bytes: bytes = field(default=b"", repr=False)
    stderr_bytes: bytes = field(default=b"", repr=False)


class HostCore:
    """Runs commands on a server.

    Texts go to I(log) with a verbosity: 2 a step is finished, 4 the connection, 5 commands and their results. Secrets
    are masked in them, in errors and in results.

    :param runner: the way to the server.
    :param name: the server's name for messages.
    :param log: receives verbosity and text.
    """

    #: Seconds that questions and small file operations may take.
    short_time_limit: float = 300.0

    def __init__(self, runner: Runner, name: str = "", log: Callable[[int, str], None] | None = None) -> None:
        self.runner = runner
        self.name = runner.name = name or runner.name
        self.log: Callable[[int, str], None] = log or (lambda level, text: None)
        runner.log = self.log

    @property
    def requests(self) -> int:
        """HTTP requests so far, without those of opening and closing the connection."""
        return self.runner.requests

    def run(
        self,
        command: Sequence[str] | Line,
        *,
        time_limit: float,
        stdin: bytes | None = None,
        working_folder: str | None = None,
        on_output: Callable[[str], None] | None = None,
        secrets: Iterable[str] = (),
        idempotent: bool = False,
        on_time_limit: OnTimeLimit = "leave",
    ) -> CommandResult:
        """Run a program or a cmd.exe line and wait for its end, whatever its exit code.

        :param command: program and arguments, or a complete L(Line).
        :param time_limit: seconds.
        :param stdin: standard input; without it the command finds it at its end.
        :param working_folder: where the command starts; when it does not exist, the exit code is L(NO_WORKING_FOLDER).
        :param on_output: receives each line of output and error output when it is complete.
        :param secrets: texts to mask.
        :param idempotent: whether the command may be run again when its outcome is unknown.
        :param on_time_limit: whether to end the command when its time is over, or to leave it running.
        :raises OptionError: when the command can not be expressed as a line.
        :raises TimeLimitError: when the time is over.
        :raises ConnectionLostError: when the connection can not be made or broke for good; with code C(answer_lost)
            the command may have run.
        """
        hidden = tuple(secrets)
        if isinstance(command, Line):
            line, shown = str(command), _quoting.mask(command, hidden)
            stdin = b"" if stdin is None else stdin
        elif isinstance(command, str):
            raise TypeError("a command is a list of arguments or a Line")
        else:
            end = " <nul" if stdin is None else ""
            line = _quoting.command_line(command) + end
            shown = _quoting.command_line([_quoting.mask(word, hidden) for word in command]) + end
        if working_folder is not None:
            start = f"cd /d {_quoting.path(windows_path(working_folder))}||exit {NO_WORKING_FOLDER}&"
            line, shown = start + line, start + shown
        return self._run(
            _quoting.check(line),
            shown=shown,
            time_limit=time_limit,
            stdin=stdin,
            on_output=on_output,
            secrets=hidden,
            idempotent=idempotent,
            on_time_limit=on_time_limit,
        )

    def ask(self, **probes: _probe.Probe[Any]) -> SimpleNamespace:
        """Return the answers to all probes under their names, asked in one round trip.

        :raises CommandError: code C(probe_failed) when the server did not answer all of them.
        """
        names = list(probes)
        commands = [probe.command for probe in probes.values()]
        answers, errors = self._answers(commands)
        for pause in (1, 3):
            if len(answers) == len(names):
                break
            # a server that shuts down ends what runs there, and its answer may still arrive
            self.log(4, f"{self.name}: the answer is not complete; asking again in {pause} s")
            time.sleep(pause)
            answers, errors = self._answers(commands)
        values = {}
        for index, name in enumerate(names):
            if index not in answers:
                raise CommandError(
                    f"{self.name} did not answer the question {name!r}.",
                    code="probe_failed",
                    remedy="Run again with -vvvvv to see the commands and their output.",
                    evidence={"host": self.name, "command": probes[name].command, "stderr": errors[-2000:]},
                )
            exit_code, output = answers[index]
            values[name] = probes[name].parse(_probe.Answer(exit_code, decode(output, self.runner.code_page_fallback)))
        return SimpleNamespace(**values)

    def _answers(self, commands: Sequence[str]) -> tuple[dict[int, tuple[int, bytes]], str]:
        """Return exit code and output of each command that was answered, by its index, and the error output."""
        token = random_tokens.token_hex(4)
        answers: dict[int, tuple[int, bytes]] = {}
        errors = []
        for line in _probe.bundle(commands, token, self.runner.fits):
            result = self._internal(line)
            answers |= _probe.unbundle(result.stdout_bytes, token)
            errors.append(result.stderr)
        return answers, "\n".join(errors)

    def close(self) -> None:
        """Give back what was opened for this host; never fails."""
        self.runner.close()

    def __enter__(self) -> HostCore:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _internal(self, line: str, *, stdin: bytes | None = None, time_limit: float | None = None) -> CommandResult:
        """Run a line of our own, which may be repeated and ended at any time and takes care of its standard input."""
        return self._run(
            _quoting.check(line),
            shown=line,
            time_limit=self.short_time_limit if time_limit is None else time_limit,
            stdin=stdin,
            idempotent=True,
            on_time_limit="terminate",
        )

    def _run(
        self,
        line: str,
        *,
        shown: str,
        time_limit: float,
        stdin: bytes | None,
        idempotent: bool,
        on_time_limit: OnTimeLimit,
        on_output: Callable[[str], None] | None = None,
        secrets: Iterable[str] = (),
    ) -> CommandResult:
        fallback = self.runner.code_page_fallback
        decoder = LineDecoder(fallback)

        def report(lines: Iterable[str]) -> None:
            if on_output:
                for text in lines:
                    on_output(_quoting.mask(text, secrets))

        self.log(5, f"{self.name}: run {shown}")
        try:
            raw = self.runner.run(
                line,
                time_limit=time_limit,
                stdin=stdin,
                idempotent=idempotent,
                on_time_limit=on_time_limit,
                on_data=lambda data: report(decoder.feed(data)),
            )
        except UpgradeError as exc:
            exc.evidence.setdefault("command", shown)
            raise
        report(decoder.flush())
        result = CommandResult(
            exit_code=raw.exit_code,
            stdout=_quoting.mask(decode(raw.stdout, fallback), secrets),
            stderr=_quoting.mask(decode(raw.stderr, fallback), secrets),
            elapsed=raw.elapsed,
            complete=raw.complete,
            stdout_bytes=raw.stdout,
            stderr_bytes=raw.stderr,
        )
        self.log(5, f"{self.name}: exit code {result.exit_code} after {result.elapsed:.1f} s")
        for label, text in (("stdout", result.stdout), ("stderr", result.stderr)):
            if text:
                self.log(5, f"{self.name}: {label}: {text}")
        return result
