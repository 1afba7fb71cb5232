# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The six actions of a WinRS command shell."""

from __future__ import annotations

import base64
import binascii
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

from .command_lines import join_words
from .commands import Output
from .envelope import CMD_URI, SHELL_URI, TRANSFER_URI, Message, element, qualified, seconds_of
from .faults import malformed_message, unknown_resource, unsupported_action
from .settings import Settings
from .shells import Shell, ShellOptions, Shells

ENVELOPE_OVERHEAD = 4096


@dataclass(frozen=True)
class Client:
    """Who sent a message.

    Attributes:
        user: account that logged on.
        address: IP address.
        is_lost: whether the connection is gone.
    """

    user: str
    address: str
    is_lost: Callable[[], bool]


def command_text(message: Message) -> str:
    """The whole command line of a Command message.

    Raises:
        WsmanFault: it is not a Command message.
    """
    line = message.need("rsp:CommandLine")
    arguments = [part.text or "" for part in line.findall(qualified("rsp:Arguments"))]
    return join_words(line.findtext(qualified("rsp:Command")) or "", arguments)


def stdin_parts(message: Message) -> list[tuple[bytes, bool]]:
    """Data and end mark of each stream of a Send message.

    Raises:
        WsmanFault: the data is not base64.
    """
    try:
        return [
            (base64.b64decode(stream.text or "", validate=False), stream.get("End", "").lower() in ("true", "1"))
            for stream in message.body.iter(qualified("rsp:Stream"))
        ]
    except binascii.Error as error:
        raise malformed_message(f"A stream is not base64: {error}.") from error


class Dispatcher:
    """Carries out messages.

    Args:
        shells: the host's shells.
    """

    def __init__(self, shells: Shells) -> None:
        self._shells = shells
        self._actions = {
            f"{SHELL_URI}/Command": self._command,
            f"{SHELL_URI}/Send": self._send,
            f"{SHELL_URI}/Receive": self._receive,
            f"{SHELL_URI}/Signal": self._signal,
            f"{TRANSFER_URI}/Delete": self._delete,
        }

    def dispatch(self, message: Message, client: Client, settings: Settings) -> list[ET.Element]:
        """Carry a message out and return the content of the answer's body.

        Raises:
            WsmanFault: it can not be done; the fault is the answer.
            ConnectionAbortedError: the client went away while it waited.
        """
        if message.resource_uri not in (CMD_URI, SHELL_URI):
            raise unknown_resource(message.resource_uri)
        if message.action == f"{TRANSFER_URI}/Create":
            return self._create(message, client, settings)
        if message.action not in self._actions:
            raise unsupported_action(message.action)
        with self._shells.using(message.shell_id) as shell:
            return self._actions[message.action](message, shell, client, settings)

    def _create(self, message: Message, client: Client, settings: Settings) -> list[ET.Element]:
        asked = message.need("rsp:Shell")
        idle = asked.findtext(qualified("rsp:IdleTimeOut"))
        code_page = message.options.get("WINRS_CODEPAGE") or "0"
        if not code_page.isdigit():
            raise malformed_message(f"WINRS_CODEPAGE {code_page} is not a number.")
        options = ShellOptions(
            shell_id=asked.get("ShellId"),
            owner=client.user,
            code_page=int(code_page),
            folder=asked.findtext(qualified("rsp:WorkingDirectory")) or "",
            variables={part.get("Name", ""): part.text or "" for part in asked.iter(qualified("rsp:Variable"))},
            idle_seconds=seconds_of(idle, settings.idle_seconds) if idle else None,
        )
        return _describe_new_shell(self._shells.open(options, settings), client)

    def _command(self, message: Message, shell: Shell, client: Client, settings: Settings) -> list[ET.Element]:
        command = self._shells.run(
            shell,
            command_text(message),
            message.command_id,
            skip_shell=message.options.get("WINRS_SKIP_CMD_SHELL", "").upper() == "TRUE",
            settings=settings,
        )
        return [element("rsp:CommandResponse", [element("rsp:CommandId", command.id)])]

    def _send(self, message: Message, shell: Shell, client: Client, settings: Settings) -> list[ET.Element]:
        command = shell.command(message.command_id)
        for data, end in stdin_parts(message):
            command.send(data, end=end)
        return [element("rsp:SendResponse")]

    def _receive(self, message: Message, shell: Shell, client: Client, settings: Settings) -> list[ET.Element]:
        command = shell.command(message.command_id)
        limit = max(1024, (message.max_bytes - ENVELOPE_OVERHEAD) * 3 // 4)
        output = command.receive(message.timeout, limit, client.is_lost)
        return [element("rsp:ReceiveResponse", _describe_output(command.id, output))]

    def _signal(self, message: Message, shell: Shell, client: Client, settings: Settings) -> list[ET.Element]:
        command = shell.command(message.command_id)
        name = (message.need("rsp:Code").text or "").lower().rsplit("/", 1)[-1]
        if name == "terminate":
            self._shells.free(shell, command)
        elif name in ("ctrl_c", "ctrl_break"):
            command.signal(name)
        else:
            raise malformed_message(f"The signal {name} is unknown.")
        return [element("rsp:SignalResponse")]

    def _delete(self, message: Message, shell: Shell, client: Client, settings: Settings) -> list[ET.Element]:
        self._shells.close(shell.id)
        return []


def _describe_new_shell(shell: Shell, client: Client) -> list[ET.Element]:
    selectors = element("w:SelectorSet", [element("w:Selector", shell.id, Name="ShellId")])
    reference = element("a:ReferenceParameters", [element("w:ResourceURI", CMD_URI), selectors])
    return [
        element("x:ResourceCreated", [element("a:Address", "https://localhost:5986/wsman"), reference]),
        element(
            "rsp:Shell",
            [
                element("rsp:ShellId", shell.id),
                element("rsp:ResourceUri", CMD_URI),
                element("rsp:Owner", client.user),
                element("rsp:ClientIP", client.address),
                element("rsp:IdleTimeOut", f"PT{shell.idle_seconds:.3f}S"),
                element("rsp:InputStreams", "stdin"),
                element("rsp:OutputStreams", "stdout stderr"),
                element("rsp:ShellRunTime", "P0DT0H0M0S"),
                element("rsp:ShellInactivity", "P0DT0H0M0S"),
            ],
        ),
    ]


def _describe_output(command_id: str, output: Output) -> list[ET.Element]:
    streams = {"stdout": output.stdout, "stderr": output.stderr}
    parts = [
        element("rsp:Stream", base64.b64encode(data).decode("ascii"), Name=name, CommandId=command_id)
        for name, data in streams.items()
        if data
    ]
    if output.exit_code is None:
        state = element("rsp:CommandState", CommandId=command_id, State=f"{SHELL_URI}/CommandState/Running")
    else:
        parts += [element("rsp:Stream", Name=name, CommandId=command_id, End="true") for name in streams]
        state = element(
            "rsp:CommandState",
            [element("rsp:ExitCode", str(output.exit_code))],
            CommandId=command_id,
            State=f"{SHELL_URI}/CommandState/Done",
        )
    return [*parts, state]
