# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One message in, one answer out: ordered faults, the action itself, and the log line."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .dispatcher import Client, Dispatcher, command_text, stdin_parts
from .envelope import Message, build_answer, build_fault, parse_message, qualified
from .faults import WsmanFault, envelope_too_large
from .settings import Settings
from .shells import Shells
from .watched_file import WatchedFile
from .wire_faults import WireFault, WireFaults
from .wire_log import WireLog

DROPPED = 0


@dataclass(frozen=True)
class Reply:
    """What goes back to the client.

    Attributes:
        status: HTTP status; DROPPED closes the connection without an answer.
        body: plain envelope, or b"".
    """

    status: int
    body: bytes = b""


class Exchange:
    """Handles messages.

    Args:
        shells: the host's shells.
        settings, wire_faults: files that tests write.
        log: gets one line per HTTP request.
    """

    def __init__(self, shells: Shells, settings: WatchedFile[Settings], wire_faults: WatchedFile[WireFaults], log: WireLog) -> None:
        self._shells = shells
        self._dispatcher = Dispatcher(shells)
        self._settings = settings
        self._wire_faults = wire_faults
        self._log = log

    def clock_offset(self) -> float:
        """Seconds by which the Date header of answers is wrong."""
        with contextlib.suppress(ValueError):  # a wrong file is told to the client with its message
            return self._settings.read().clock_offset
        return 0.0

    def refuses_logon(self) -> bool:
        """Whether a test ordered that nobody can log on."""
        return self._wire_faults.read().refuses_logon

    def log_without_message(self, peer: str, status: int) -> None:
        """Log a request that carried no message: a handshake, an empty or an unusable request."""
        self._log.write(datetime.now(UTC), {"peer": peer, "status": status, "action": None})

    def handle(self, data: bytes, client: Client) -> Reply:
        """Carry out the message of a request.

        Args:
            data: plain envelope.
            client: who sent it.

        Raises:
            ValueError: the data is no message, or a file written by a test is wrong.
        """
        started = datetime.now(UTC)
        message = parse_message(data)
        entry: dict[str, Any] = {"peer": client.address, "status": DROPPED, "wire_fault": None, "wire_fault_id": None, "answer_fault": None}
        entry |= _describe(message)
        try:
            fault = self._wire_faults.read().next(message.verb, self._line_of(message))
            entry["wire_fault"], entry["wire_fault_id"] = (fault.kind, fault.id) if fault else (None, None)
            reply = self._answer(message, len(data), client, fault, entry)
            entry["status"] = reply.status
            return reply
        finally:
            self._log.write(started, entry)

    def _answer(self, message: Message, size: int, client: Client, fault: WireFault | None, entry: dict[str, Any]) -> Reply:
        kind = fault.kind if fault else None
        if fault is None:
            pass
        elif kind == "drop_before":
            return Reply(DROPPED)
        elif kind == "http":
            return Reply(fault.status)
        elif kind == "auth":
            return Reply(401)
        elif kind == "delay":
            time.sleep(fault.seconds)
        elif kind == "shell_gone":
            self._shells.close(message.shell_id)
        try:
            if fault is not None and kind == "wsman":
                raise fault.as_wsman_fault()
            reply = Reply(200, self._carry_out(message, size, client))
        except WsmanFault as problem:
            entry["answer_fault"] = problem.code
            reply = Reply(500, build_fault(message, problem))
        except ConnectionAbortedError:
            reply = Reply(DROPPED)
        return Reply(DROPPED) if kind == "drop_after" else reply

    def _carry_out(self, message: Message, size: int, client: Client) -> bytes:
        settings = self._settings.read()
        if size > settings.max_request_bytes:
            raise envelope_too_large(settings.max_request_bytes)
        return build_answer(message, self._dispatcher.dispatch(message, client, settings))

    def _line_of(self, message: Message) -> str:
        if message.verb != "Command":
            return self._shells.command_line(message.shell_id, message.command_id)
        try:
            return command_text(message)
        except WsmanFault:
            return ""


def _describe(message: Message) -> dict[str, Any]:
    """The log's keys that a message gives."""
    known: dict[str, Any] = {"action": message.verb, "shell": message.shell_id, "command_id": message.command_id}
    try:
        if message.verb == "Command":
            known["command"] = command_text(message)
            known["skip_shell"] = message.options.get("WINRS_SKIP_CMD_SHELL", "").upper() == "TRUE"
        elif message.verb == "Send":
            known["stdin_bytes"] = sum(len(data) for data, _ in stdin_parts(message))
        elif message.verb == "Create":
            variables = message.body.iter(qualified("rsp:Variable"))
            known["environment"] = {part.get("Name", ""): part.text or "" for part in variables}
    except WsmanFault:
        pass  # the answer says what is wrong with the message
    return known
