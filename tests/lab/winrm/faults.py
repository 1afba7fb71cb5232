# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WS-Management faults that the endpoint answers with."""

from __future__ import annotations

OPERATION_TIMED_OUT = 2150858793
INVALID_SELECTORS = 2150858843
QUOTA_MAX_OPERATIONS = 2150859174  # 0x803381A6
QUOTA_MAX_SHELLS = 2150859173
ENVELOPE_TOO_LARGE = 2150858970
UNKNOWN_RESOURCE = 2150858752
UNSUPPORTED_ACTION = 2150858753
SCHEMA_ERROR = 2150858817
WIN32_FAILURE = 0x8007_0000
PIPE_ENDED = WIN32_FAILURE | 109
OPERATION_ABORTED = 995


class WsmanFault(Exception):
    """A fault that becomes the answer of a message.

    Args:
        code: the WSManFault code.
        subcode: qualified name such as "w:TimedOut".
        reason: text for the person who reads it.
        wmi_code: error_Code of an MSFT_WmiError detail, by which clients recognize quota faults; none when None.
    """

    def __init__(self, code: int, subcode: str, reason: str, wmi_code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.wmi_code = wmi_code


def operation_timed_out() -> WsmanFault:
    """Nothing happened within the message's OperationTimeout: the client asks again."""
    return WsmanFault(OPERATION_TIMED_OUT, "w:TimedOut", "The operation did not complete within its OperationTimeout.")


def shell_not_found(shell_id: str | None) -> WsmanFault:
    """The shell never existed, was deleted or has expired."""
    return WsmanFault(INVALID_SELECTORS, "w:InvalidSelectors", f"There is no shell with the ShellId {shell_id}.")


def command_not_found(command_id: str | None) -> WsmanFault:
    """The shell exists, the command does not, or was freed by a terminate signal."""
    return WsmanFault(INVALID_SELECTORS, "w:InvalidSelectors", f"The shell has no command {command_id}.")


def too_many_shells(limit: int) -> WsmanFault:
    """The user's shells reached MaxShellsPerUser."""
    reason = f"The user already has the maximum of {limit} concurrent shells."
    return WsmanFault(QUOTA_MAX_SHELLS, "w:QuotaLimit", reason, wmi_code=QUOTA_MAX_SHELLS)


def too_many_operations(limit: int) -> WsmanFault:
    """The shell's commands reached a quota; clients recover by opening a new shell."""
    reason = f"The shell has reached the maximum of {limit} operations."
    return WsmanFault(QUOTA_MAX_OPERATIONS, "w:QuotaLimit", reason, wmi_code=QUOTA_MAX_OPERATIONS)


def envelope_too_large(limit: int) -> WsmanFault:
    """The request is larger than the service accepts."""
    return WsmanFault(ENVELOPE_TOO_LARGE, "w:EncodingLimit", f"The request exceeds the envelope size of {limit} bytes.")


def unknown_resource(uri: str | None) -> WsmanFault:
    """Only command shells are served; PowerShell's resource, for one, is not."""
    return WsmanFault(UNKNOWN_RESOURCE, "a:DestinationUnreachable", f"The resource URI {uri} is not served.")


def unsupported_action(action: str) -> WsmanFault:
    """The action is not one of a command shell's."""
    return WsmanFault(UNSUPPORTED_ACTION, "a:ActionNotSupported", f"The action {action} is not supported.")


def malformed_message(problem: str) -> WsmanFault:
    """The envelope lacks something its action needs."""
    return WsmanFault(SCHEMA_ERROR, "w:SchemaValidationError", problem)


def process_not_started(win32_error: int) -> WsmanFault:
    """Windows could not start the command: no such program or folder, for example."""
    reason = f"The command could not be started: Win32 error {win32_error}."
    return WsmanFault(WIN32_FAILURE | win32_error, "w:InternalError", reason)


def pipe_ended() -> WsmanFault:
    """Standard input was closed, by the client or by the end of the command."""
    return WsmanFault(PIPE_ENDED, "w:InternalError", "The pipe has been ended.")


def operation_aborted() -> WsmanFault:
    """The command was terminated while the client waited for its output."""
    return WsmanFault(OPERATION_ABORTED, "w:InternalError", "The operation was aborted by a terminate signal.")
