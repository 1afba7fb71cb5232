# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is different with pypsrp; the tests of L(_winrs) run through it, too."""

from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _psrp
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_psrp import FakePsrpServer, answer_by
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakePsrpServer:
    server = FakePsrpServer()
    answer_by(server, monkeypatch)
    return server


def test_the_plugins_own_settings_hold_but_nothing_is_sent_again_behind_our_back(server: FakePsrpServer) -> None:
    open_runner(server.connection()).run("ver", time_limit=30)
    assert (server.settings["server"], server.settings["auth"]) == ("192.0.2.1", "ntlm")
    assert server.settings["reconnection_retries"] == 0


def test_long_polls_are_no_longer_than_the_time_that_is_left(server: FakePsrpServer) -> None:
    runner = open_runner(server.connection())
    runner.run("ver", time_limit=60)
    assert set(server.timeouts) == {None}
    server.timeouts.clear()
    runner.run("ver", time_limit=4)
    assert set(server.timeouts) <= {4, 5}


def test_a_missing_library_is_named(server: FakePsrpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_psrp, "IMPORT_ERROR", ImportError("No module named 'pypsrp'"))
    with pytest.raises(ConnectionLostError) as caught:
        open_runner(server.connection()).run("ver", time_limit=30)
    assert caught.value.code == "missing_library"
    assert "pypsrp" in caught.value.message and "pypsrp" in caught.value.remedy
    assert server.calls == []


def test_faults_and_statuses_of_pypsrp_are_understood() -> None:
    assert errors.fault_codes(WSManFaultError(2150858843, None, None, None, None, None)) == errors.SHELL_FAULTS & {2150858843}
    assert errors.was_not_processed(AuthenticationError("Failed to authenticate the user x with ntlm"))
    assert errors.describe(AuthenticationError("Failed to authenticate the user x with ntlm"), "x").code == "wrong_credentials"
    assert errors.describe(WinRMTransportError("http", 404, ""), "x").code == "not_windows"
    assert errors.describe(WinRMTransportError("http", 503, ""), "x").code == "winrm_unavailable"


def test_the_shell_ends_with_the_runner_unless_a_command_is_left_in_it(server: FakePsrpServer) -> None:
    runner = open_runner(server.connection())
    runner.run("ver", time_limit=30)
    runner.close()
    assert not server.shells
    server.silence = 1_000_000
    with pytest.raises(TimeLimitError):
        runner.run("setup", time_limit=0.05, on_time_limit="leave")
    runner.close()
    assert list(server.shells) == ["shell2"]
