# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""--check touches nothing: a byte-for-byte picture of both servers stays the same."""

from __future__ import annotations

import pytest

from tests.integration.byte_picture import differences, no_more_records, picture
from tests.integration.lab_system import NEW, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks


@pytest.mark.slow
def test_check_mode(system: System, run: Playbooks) -> None:
    """Of the upgrade before and after it, and of the way back."""
    no_more_records(system)
    before = picture(system)
    checked = run("upgrade", "--check")
    assert checked.exit_code == 0, checked.output
    assert "check mode, nothing was changed" in checked.text
    assert not differences(before, picture(system))
    assert system.look().versions == (OLD, OLD)

    run("upgrade").assert_end("SUCCEEDED")
    before = picture(system)
    again = run("upgrade", "--check")
    assert again.exit_code == again.changed == 0

    back = run("rollback", "--check", rollback_after_start=True)
    assert back.exit_code == 0, back.output
    assert "has version 10-10 instead of 10-00" in back.text or "version is 10-10 instead of 10-00" in back.text
    assert not differences(before, picture(system))
    assert system.look().versions == (NEW, NEW)
