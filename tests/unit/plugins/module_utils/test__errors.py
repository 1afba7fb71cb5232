# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import inspect

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import _errors
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, UpgradeError

CLASSES = [
    value for _name, value in inspect.getmembers(_errors, inspect.isclass) if issubclass(value, UpgradeError) and value is not UpgradeError
]


@pytest.mark.parametrize("error_class", CLASSES)
def test_a_failure_is_plain_data(error_class: type[UpgradeError]) -> None:
    error = error_class("It failed.", code="some_code", remedy="Do this.", evidence={"exit_code": 1})
    assert str(error) == "It failed. Do this."
    assert error.as_result() == {
        "class": error_class.failure_class,
        "code": "some_code",
        "message": "It failed.",
        "remedy": "Do this.",
        "evidence": {"exit_code": 1},
    }


def test_the_failure_classes_are_those_of_the_policy() -> None:
    assert {error_class.failure_class for error_class in CLASSES} == {
        "precondition",
        "command",
        "timeout",
        "connection_lost",
        "unknown_outcome",
        "verification",
        "backup_rejected",
        "operator_needed",
    }


def test_without_a_code_the_class_is_the_code() -> None:
    assert _errors.TimeLimitError("Slow.").code == "timeout"
    assert OptionError("Wrong.").code == "bad_option"
    assert str(OptionError("Wrong.")) == "Wrong."


def test_evidence_is_not_shared() -> None:
    evidence = {"a": 1}
    error = UpgradeError("x", evidence=evidence)
    error.evidence["b"] = 2
    assert evidence == {"a": 1}
