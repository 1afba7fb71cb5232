# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of the procedure, and the one runner that knows check mode, timing and what a failure carries.

Note that this module is private to the collection.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    ConnectionLostError,
    TimeLimitError,
    UnknownOutcomeError,
    UpgradeError,
)

Log = Callable[[int, str], None]
# After these it is not known whether a step has had its effect.
_WITHOUT_ANSWER = (ConnectionLostError, TimeLimitError, UnknownOutcomeError)
# It is known, and could not be recorded.
_NOT_RECORDED = "file_operation_failed"


@dataclass(frozen=True)
class Seen:
    """What a probe found.

    :param done: whether the step's effect is there already.
    :param state: plain data about it, for the result.
    """

    done: bool
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unmet:
    """A condition of a step that does not hold.

    :param error: what is wrong.
    :param made_by_earlier_step: an earlier step of the procedure brings it about; check mode, which did not run that step, can not
        judge it.
    """

    error: UpgradeError
    made_by_earlier_step: bool = False


class Step(ABC):
    """One action on the product: probe, pre-check, execute, post-check."""

    title: str

    def take_up(self) -> dict[str, Any] | None:
        """Wait for what an earlier run has started and not seen the end of.

        :returns: None when there is nothing, else how it ended, with C(accepted): whether only the post-check is left to do.
        """
        return None

    def settle(self) -> None:  # noqa: B027 - most steps start nothing that outlives them
        """Wait until nothing of the step runs on the server any more, whoever started it."""

    @abstractmethod
    def probe(self) -> Seen:
        """Look whether the step's effect is there already; changes nothing."""

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        """Yield the conditions that do not hold; changes nothing."""
        return iter(())

    @abstractmethod
    def execute(self, seen: Seen) -> dict[str, Any]:
        """Do it; return evidence as plain data."""

    @abstractmethod
    def post_check(self, seen: Seen) -> dict[str, Any]:
        """Ask the server whether it was done; return what is there now.

        :raises VerificationError: the effect is not there.
        :raises BackupRejectedError: likewise, of a backup.
        """

    def conclude(self) -> None:  # noqa: B027 - most steps leave nothing
        """Remove what let a later run take the step up: whether it has had its effect is known, and is shown."""


def run_step(step: Step, *, check_mode: bool, log: Log) -> dict[str, Any]:
    """Run a step and return its result: changed, before, after, evidence, not_evaluated, executed and elapsed (seconds).

    :raises UpgradeError: with C(executed) in the evidence, so that a reader knows whether anything may have changed.
    """
    begin = time.monotonic()
    executed = False
    result: dict[str, Any] = {"changed": False, "executed": False, "after": {}, "evidence": {}, "not_evaluated": []}
    try:
        if not check_mode and (taken_up := step.take_up()) is not None:
            result["evidence"] = {"taken_up": taken_up}
            result["changed"] = True
        seen = step.probe()
        result["before"] = result["after"] = seen.state
        if not seen.done and result["evidence"].get("taken_up", {}).get("accepted"):
            result["executed"] = True
            result["after"] = _check(step, seen)
        elif not seen.done:
            result["not_evaluated"] = [unmet.error.message for unmet in _unmet(step, seen, check_mode)]
            result["changed"] = True
            if not check_mode:
                log(1, f"{step.title}: begins")
                executed = result["executed"] = True
                result["evidence"] |= _execute(step, seen, log)
                result["after"] = _check(step, seen)
        elif not check_mode:
            step.conclude()
    except UpgradeError as error:
        error.evidence.update(executed=executed, elapsed=round(time.monotonic() - begin, 1))
        raise
    result["elapsed"] = round(time.monotonic() - begin, 1)
    log(2, f"{step.title}: {'done before' if not result['changed'] else 'checked' if check_mode else 'done'}")
    return result


def _execute(step: Step, seen: Seen, log: Log) -> dict[str, Any]:
    """Execute the step; where the outcome of that is unknown, look again, and execute once more only what is not done."""
    try:
        return step.execute(seen)
    except (ConnectionLostError, UnknownOutcomeError) as error:
        # any other loss says that nothing was begun, or that what was begun is watched by the next run
        if isinstance(error, ConnectionLostError) and error.code != "answer_lost":
            raise
        unknown = error.as_result()
    log(0, f"{step.title}: {unknown['message']} Looking again")
    taken_up = step.take_up()
    step.settle()
    again = step.probe()
    evidence = {"interrupted": unknown, **({"taken_up": taken_up} if taken_up else {})}
    if again.done or (taken_up and taken_up["accepted"]):
        return evidence
    _unmet(step, again, check_mode=False)
    return {**step.execute(again), **evidence}


def _check(step: Step, seen: Seen) -> dict[str, Any]:
    try:
        after = step.post_check(seen)
    except UpgradeError as error:
        if error.code != _NOT_RECORDED and not isinstance(error, _WITHOUT_ANSWER):
            step.conclude()
        raise
    step.conclude()
    return after


def _unmet(step: Step, seen: Seen, check_mode: bool) -> list[Unmet]:
    not_evaluated: list[Unmet] = []
    for unmet in step.pre_check(seen):
        if not (check_mode and unmet.made_by_earlier_step):
            raise unmet.error
        not_evaluated.append(unmet)
    return not_evaluated
