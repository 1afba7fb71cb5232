# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner of steps."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    UpgradeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet, run_step
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import (
    run,
)


class Recorded(Step):
    """A step that writes down what is asked of it."""

    title = "Try"

    def __init__(self, done: bool = False, unmet: list[Any] | None = None, fails_in: str = "") -> None:
        self.calls: list[str] = []
        self.done = done
        self.unmet = unmet or []
        self.fails_in = fails_in

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fails_in:
            raise UpgradeError(f"{name} failed", evidence={"own": 1})

    def probe(self) -> Any:
        self._called("probe")
        return Seen(self.done, {"state": "before"})

    def pre_check(self, seen: Any) -> Any:
        self._called("pre_check")
        yield from self.unmet

    def execute(self, seen: Any) -> dict[str, Any]:
        self._called("execute")
        return {"output": "x"}

    def post_check(self, seen: Any) -> dict[str, Any]:
        self._called("post_check")
        return {"state": "after"}


def test_the_four_parts_come_in_their_order() -> None:
    step = Recorded()
    result = run(step)
    assert step.calls == ["probe", "pre_check", "execute", "post_check"]
    assert result["before"] == {"state": "before"}
    assert result["after"] == {"state": "after"}
    assert result["evidence"] == {"output": "x"}
    assert result["elapsed"] >= 0


def test_a_done_step_is_not_even_checked() -> None:
    step = Recorded(done=True)
    assert run(step)["changed"] is False
    assert step.calls == ["probe"]


@pytest.mark.parametrize(("fails_in", "executed"), [("probe", False), ("pre_check", False), ("execute", True), ("post_check", True)])
def test_a_failure_says_whether_anything_was_executed(fails_in: str, executed: bool) -> None:
    step = Recorded(fails_in=fails_in)
    with pytest.raises(UpgradeError) as caught:
        run(step)
    assert step.calls[-1] == fails_in
    assert caught.value.evidence["executed"] is executed
    assert caught.value.evidence["own"] == 1


@pytest.mark.parametrize("made_by_earlier_step", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_condition_of_an_earlier_step_is_not_evaluated_in_check_mode(made_by_earlier_step: bool, check_mode: bool) -> None:
    step = Recorded(unmet=[Unmet(UpgradeError("Not yet."), made_by_earlier_step)])
    if check_mode and made_by_earlier_step:
        result = run(step, check_mode)
        assert result["not_evaluated"] == ["Not yet."]
        assert result["changed"] is True
    else:
        with pytest.raises(UpgradeError, match=r"Not yet\."):
            run(step, check_mode)
    assert step.calls == ["probe", "pre_check"]


def test_an_unexpected_exception_is_not_swallowed() -> None:
    class Broken(Recorded):
        def execute(self, seen: Any) -> dict[str, Any]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Broken())


def test_the_log_tells_begin_and_end() -> None:
    lines: list[tuple[int, str]] = []
    for done, check_mode in ((False, False), (True, False), (False, True)):
        run_step(Recorded(done=done), check_mode=check_mode, log=lambda level, text: lines.append((level, text)))
    assert lines == [(1, "Try: begins"), (2, "Try: done"), (2, "Try: done before"), (2, "Try: checked")]
