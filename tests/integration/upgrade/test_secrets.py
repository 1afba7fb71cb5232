# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets stand in no log, result, journal or backup, and no PowerShell is started."""

from __future__ import annotations

import base64
import json

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks, Run
from tests.integration.upgrade.test_rollback import fail


def secrets_of(system: System) -> list[str]:
    """The lab's passwords and licence key, as they are and as base64 would show them."""
    known = system.lab.credentials
    words = [known.winrm_password, known.database_password, known.license_key]
    return words + [base64.b64encode(word.encode()).decode().rstrip("=")[:-1] for word in words]


def assert_discreet(system: System, run: Run) -> None:
    """Look for the secrets wherever a run leaves text, and for PowerShell in the wire log."""
    texts = {"output": run.output, "result": json.dumps(run.result)}
    for host in (system.manager, system.database):
        texts[f"wire log of {host}"] = "\n".join(json.dumps(entry) for entry in system.lab.wire_log(host))
        # What is left on the servers: journal, backups with their manifests, temporary files, logs.
        left = 'cd "$WINEPREFIX/drive_c" && cat $(find ProgramData/jp1_itdm_upgrade /opt/lab/drive_d/JP1/backup users -type f)'
        texts[f"files on {host}"] = system.inside(host, "sh", "-c", f"{left} windows/temp/* 2>/dev/null || true")
        assert len(system.lab.wire_log(host)) > 100
        assert "powershell" not in texts[f"wire log of {host}"].lower()
        assert "pwsh" not in texts[f"wire log of {host}"].lower()
    for where, text in texts.items():
        for secret in secrets_of(system):
            assert secret not in text, f"a secret stands in the {where}"


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}], ids=["plain", "arguments shown"])
def test_a_good_run(system: System, run: Playbooks, environment: dict[str, str]) -> None:
    done = run("upgrade", "-vvv", environment=environment).assert_end("SUCCEEDED")
    assert_discreet(system, done)


def test_a_failing_run(system: System, run: Playbooks) -> None:
    """Setup, the installers and the licence's registration get secrets; an installer and, on the way back, the registration fail."""
    fail(system, "installer on the management server", "after")
    system.fault(system.manager, "program:licreg", kind="fail", when="before", exit_code=9)
    given = {f"{action}.stdin": "{license_key}" for action in ("install", "uninstall")}
    failed = run("upgrade", "-vvv", profile_overrides=given, environment={"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}).assert_end(
        "ROLLBACK_FAILED"
    )
    assert "licreg.exe ended with exit code 9" in failed.last_line
    assert_discreet(system, failed)
