# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command of a shell: its input, its output until a client fetches it, its end."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from .faults import operation_aborted, operation_timed_out, pipe_ended
from .processes import Process

BUFFER_LIMIT = 1 << 20
END_OF_OUTPUT_GRACE = 0.5
LOST_CLIENT_POLL = 0.5
# Output comes line by line. What follows within this time goes with the same answer: each answer costs client and server some work.
MORE_OUTPUT_GRACE = 0.01


@dataclass(frozen=True)
class Output:
    """What a Receive gets; exit_code is None while the command runs or output is left."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None


class _Stream:
    """Bytes of stdout or stderr that were read and not yet fetched."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.data = bytearray()
        self.ended = False

    def take(self, limit: int) -> bytes:
        taken = bytes(self.data[:limit])
        del self.data[:limit]
        return taken


class Command:
    """A running or ended command.

    Args:
        process: just started; the command owns its file descriptors.
        line: the command line of the message.
        hold_open: wait for the end of output after the end of the process, however long it takes.
        command_id: chosen by the client, or None.
    """

    def __init__(self, process: Process, line: str, *, hold_open: bool, command_id: str | None = None) -> None:
        self.id = (command_id or str(uuid.uuid4())).upper()
        self.line = line
        self._process = process
        self._hold_open = hold_open
        self._changed = threading.Condition()
        self._stdout, self._stderr = _Stream(process.stdout), _Stream(process.stderr)
        self._exit_code: int | None = None
        self._terminated = False
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._input_closed = False
        for stream in (self._stdout, self._stderr):
            self._in_background(self._read, stream)
        self._in_background(self._write)
        self._in_background(self._await_end)

    def send(self, data: bytes, *, end: bool) -> None:
        """Queue standard input; end closes it.

        Raises:
            WsmanFault: standard input is closed already, or the command has ended.
        """
        with self._changed:
            if self._input_closed:
                raise pipe_ended()
            self._input_closed = end
        self._input.put(data)
        if end:
            self._input.put(None)

    def receive(self, timeout: float, limit: int, client_lost: Callable[[], bool]) -> Output:
        """Wait for output or the end and take it.

        Args:
            timeout: seconds to wait.
            limit: largest number of bytes of both streams together.
            client_lost: tells whether nobody waits for the answer any more; output then stays for the next Receive.

        Raises:
            WsmanFault: nothing came within the timeout, or the command was terminated meanwhile.
            ConnectionAbortedError: the client is lost.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._has_news():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise operation_timed_out()
                self._changed.wait(min(left, LOST_CLIENT_POLL))
                if client_lost():
                    raise ConnectionAbortedError
            self._gather(limit)
            if self._terminated:
                raise operation_aborted()
            if client_lost():
                raise ConnectionAbortedError
            stdout = self._stdout.take(limit)
            stderr = self._stderr.take(limit - len(stdout))
            done = self._exit_code is not None and not self._stdout.data and not self._stderr.data
            self._changed.notify_all()
            return Output(stdout, stderr, self._exit_code if done else None)

    def signal(self, name: str) -> None:
        """Send "terminate", "ctrl_c" or "ctrl_break" to the command; nothing when it has ended."""
        if name == "terminate":
            with self._changed:
                self._terminated = True
                self._changed.notify_all()
        # A worker that was killed by a command takes no signal; its command has ended then.
        with contextlib.suppress(OSError, ValueError):
            self._process.signal(name)

    def _gather(self, limit: int) -> None:
        """Wait while more output comes, or the end."""
        while not self._is_over() and self._held() < limit and self._more_comes(self._held()):
            pass

    def _more_comes(self, held: int) -> bool:
        return self._changed.wait_for(lambda: self._is_over() or self._held() > held, MORE_OUTPUT_GRACE)

    def _is_over(self) -> bool:
        return self._exit_code is not None or self._terminated

    def _held(self) -> int:
        return len(self._stdout.data) + len(self._stderr.data)

    def _has_news(self) -> bool:
        return bool(self._held() or self._is_over())

    def _in_background(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def _read(self, stream: _Stream) -> None:
        while data := os.read(stream.descriptor, 65536):
            with self._changed:
                if self._terminated or self._exit_code is not None:
                    continue  # output of processes that outlive the command goes nowhere
                stream.data += data
                self._changed.notify_all()
                # A full buffer stops the reading, and so in the end the command, until a client fetches.
                self._changed.wait_for(lambda: len(stream.data) < BUFFER_LIMIT or self._terminated)
        os.close(stream.descriptor)
        with self._changed:
            stream.ended = True
            self._changed.notify_all()

    def _write(self) -> None:
        descriptor = self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            while (data := self._input.get()) is not None:
                while data:
                    data = data[os.write(descriptor, data) :]
        os.close(descriptor)

    def _await_end(self) -> None:
        exit_code = self._process.wait()
        with self._changed:
            self._input_closed = True
            self._input.put(None)
            self._await_end_of_output()
            self._exit_code = exit_code
            self._changed.notify_all()

    def _await_end_of_output(self) -> None:
        """Wait until all output was read; not for ever, because a process left behind may hold the pipes open."""
        deadline = time.monotonic() + END_OF_OUTPUT_GRACE
        while not self._terminated and not (self._stdout.ended and self._stderr.ended):
            if self._hold_open or self._stdout.data or self._stderr.data:
                self._changed.wait()
                deadline = time.monotonic() + END_OF_OUTPUT_GRACE
            elif not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                return
