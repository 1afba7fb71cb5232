# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception tree of the collection.

Every failure that a user can meet is an L(UpgradeError). Its class attribute C(failure_class) is what the failure policy decides by,
its C(code) is stable and documented, and its C(remedy) says what to do next.

Note that this module is private to the collection.
"""

from __future__ import annotations

from typing import Any


class UpgradeError(Exception):
    """Base of all failures.

    :param message: what happened, in one sentence, naming the option, file or service.
    :param code: stable failure code, lower case with underscores; defaults to the failure class.
    :param remedy: what to do about it, in one sentence.
    :param evidence: plain JSON data that proves it (exit codes, texts, states).
    """

    failure_class = "command"

    def __init__(self, message: str, *, code: str | None = None, remedy: str = "", evidence: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.failure_class
        self.remedy = remedy
        self.evidence: dict[str, Any] = dict(evidence or {})

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def as_result(self) -> dict[str, Any]:
        """Return the failure as plain data: class, code, message, remedy and evidence."""
        return {
            "class": self.failure_class,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "evidence": self.evidence,
        }


class OptionError(UpgradeError):
    """An option, variable or profile field is wrong; nothing was contacted or changed."""

    failure_class = "precondition"

    def __init__(self, message: str, *, code: str = "bad_option", **kwargs: Any) -> None:
        super().__init__(message, code=code, **kwargs)


class PreconditionError(UpgradeError):
    """The server is not in the state that the step needs; nothing was changed."""

    failure_class = "precondition"


class CommandError(UpgradeError):
    """A command ended with an exit code that is not accepted."""

    failure_class = "command"


class TimeLimitError(UpgradeError):
    """A command was still running when its time limit was over."""

    failure_class = "timeout"


class ConnectionLostError(UpgradeError):
    """The server could not be reached, or the connection broke; says nothing about the command's outcome."""

    failure_class = "connection_lost"


class UnknownOutcomeError(UpgradeError):
    """A step may or may not have had its effect; it must be probed again."""

    failure_class = "unknown_outcome"


class VerificationError(UpgradeError):
    """The step ended, but the server does not show its effect."""

    failure_class = "verification"


class BackupRejectedError(UpgradeError):
    """A backup is empty, truncated, stale, altered or of another version."""

    failure_class = "backup_rejected"


class OperatorNeededError(UpgradeError):
    """A person has to act before the run can go on."""

    failure_class = "operator_needed"
