# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every action as a task: options in, a result with its documented keys out."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import DOCUMENT, MEDIA, SECRETS, FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.test_every_step import BACKUP, JOURNAL, stop_all
from ansible_collections.jp1.itdm.tests.unit.plugins.tasks import run_action, use

FOLDER = Path(_argspec.__file__).parents[1] / "action"
ACTIONS = sorted(path.stem for path in FOLDER.glob("*.py"))


def action(name: str) -> type[HostAction]:
    module = importlib.import_module(f"ansible_collections.jp1.itdm.plugins.action.{name}")
    made: type[HostAction] = module.ActionModule
    return made


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, Any]:
    """The variables that every task finds."""
    path = tmp_path / "unit.yml"
    path.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    return {"upgrade_profile": str(path), **{f"upgrade_{name}": value for name, value in SECRETS.items()}}


@pytest.fixture
def database(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> FakeManager:
    """The database server that every connection leads to."""
    use(monkeypatch, database_server)
    return database_server


@pytest.fixture
def management(management_server: FakeManager, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> FakeManager:
    """The management server that every connection leads to."""
    use(monkeypatch, management_server)
    return management_server


def run(name: str, arguments: dict[str, Any], variables: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    server = arguments.get("server") or action(name).server
    if server == "database_server":
        keywords.setdefault("delegate_to", "JP1DB01")
    result = run_action(action(name), arguments, variables, **keywords)
    shown = json.dumps(result)
    assert not any(secret in shown for secret in SECRETS.values())
    assert result.get("failed") or result["http_requests"] > 0
    return result


def good(name: str, arguments: dict[str, Any], variables: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    result = run(name, arguments, variables, **keywords)
    assert not result.get("failed"), result
    return result


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_has_its_specification(name: str) -> None:
    assert action(name).spec is getattr(_argspec, name.upper())
    assert "server" in action(name).spec or action(name).server in ("management_server", "database_server")


@pytest.mark.parametrize("name", ACTIONS)
def test_secrets_are_marked_and_taken_from_variables(name: str) -> None:
    for option, entry in action(name).spec.items():
        assert bool(entry.get("no_log")) == (option in SECRETS)
        if option in SECRETS:
            assert _argspec.FROM_VARIABLES[option] == f"upgrade_{option}"


def test_manager_info(management: FakeManager, database: FakeManager, variables: dict[str, Any]) -> None:
    result = good("manager_info", {"server": "database_server"}, variables)
    assert result["changed"] is False
    assert result["state"]["host"] == "JP1DB01"
    assert result["profile"]["services.database_server"] == ["Database"]


def test_manager_info_waits_for_the_operation_window(management: FakeManager, variables: dict[str, Any]) -> None:
    management.facts["listening_ports"] = set()
    arguments = {"server": "management_server", "wait_for_operation_window": True}
    assert run("manager_info", arguments, variables)["failure"]["code"] == "operation_window"
    assert good("manager_info", {"server": "management_server"}, variables)["state"]["operation_window"] is False


PREFLIGHT = {
    "server": "database_server",
    "target_version": "10-10",
    "media_folder": MEDIA + r"\10-10",
    "old_media_folder": MEDIA + r"\10-00",
    "backup_folder": r"D:\JP1\backup",
}


def test_preflight_finds_nothing_on_a_healthy_server(database: FakeManager, variables: dict[str, Any]) -> None:
    before = database.picture()
    result = good("preflight", PREFLIGHT, variables)
    assert result["findings"] == []
    assert result["disks"]["D:"]["free"] == 60 * 10**9
    assert database.picture() == before


@pytest.mark.parametrize(
    ("options", "given", "check"),
    [
        ({"media_folder": MEDIA + r"\10-20"}, {}, "media"),
        ({"old_media_folder": ""}, {}, "old_media"),
        ({"backup_folder": r"E:\backup"}, {}, "backup_space"),
        ({}, {"upgrade_database_password": ""}, "credentials"),
        ({"target_version": "10-00"}, {}, "same_version"),
    ],
)
def test_preflight_finds_what_is_in_the_way(
    database: FakeManager, variables: dict[str, Any], options: dict[str, Any], given: dict[str, Any], check: str
) -> None:
    findings = good("preflight", {**PREFLIGHT, **options}, {**variables, **given})["findings"]
    assert check in [finding["check"] for finding in findings]


def test_preflight_judges_the_backup_only_where_it_is_taken(management: FakeManager, variables: dict[str, Any]) -> None:
    options = {**PREFLIGHT, "server": "management_server", "backup_folder": r"E:\backup"}
    assert good("preflight", options, variables)["findings"] == []


@pytest.mark.parametrize(("target", "code"), [("10.10", "bad_version"), ("10-50", "itdm2_target")])
def test_preflight_refuses_a_wrong_target_before_it_asks_the_server(
    database: FakeManager, variables: dict[str, Any], target: str, code: str
) -> None:
    result = run("preflight", {**PREFLIGHT, "target_version": target}, variables)
    assert result["failure"]["code"] == code
    assert "upgrade_target_version" in result["msg"] or code == "itdm2_target"
    assert database.requests == 0


def test_a_backup_is_taken_verified_restored_and_deleted(database: FakeManager, variables: dict[str, Any]) -> None:
    options = {"folder": BACKUP, "run_id": "run1"}
    taken = good("database_backup", options, variables)
    assert taken["changed"] is True
    assert taken["manifest"]["records"] == 200
    verified = good("database_backup", {**options, "state": "verified"}, variables)
    assert (verified["changed"], verified["manifest"]) == (False, taken["manifest"])
    database.records = 250
    restored = good("database_restore", options, variables)
    assert (restored["changed"], restored["records_before"], restored["manifest"]["records"]) == (True, 250, 200)
    assert restored["started"]
    again = good("database_restore", options, variables)
    assert (again["changed"], again["records_before"], again["started"]) == (False, None, "")
    assert good("database_backup", {**options, "state": "absent"}, variables)["changed"] is True
    assert not [name for name in database.files if name.startswith(BACKUP)]


def test_a_backup_in_check_mode(database: FakeManager, variables: dict[str, Any]) -> None:
    before = database.picture()
    result = good("database_backup", {"folder": BACKUP, "run_id": "run1"}, variables, check_mode=True)
    assert (result["changed"], result["manifest"]) == (True, {})
    assert database.picture() == before


def test_a_missing_backup_is_not_restored(database: FakeManager, variables: dict[str, Any]) -> None:
    result = run("database_restore", {"folder": BACKUP}, variables)
    assert result["failure"]["code"] == "backup_missing"
    assert result["changed"] is False


def test_services_are_stopped_and_started(management: FakeManager, variables: dict[str, Any]) -> None:
    for state in ("stopped", "started"):
        options = {"server": "management_server", "state": state}
        assert good("manager_service", options, variables)["changed"] is True
        assert good("manager_service", options, variables)["changed"] is False


def test_a_database_server_is_upgraded(database: FakeManager, variables: dict[str, Any]) -> None:
    stop_all(database)
    options = {"server": "database_server", "version": "10-10", "media_folder": MEDIA + r"\10-10", "auto_update": True}
    assert good("manager_install", options, variables)["changed"] is True
    assert database.started_by_installer == ["AutoUpdate=yes\r\nStartServices=yes\r\n"]
    assert good("database_setup", {"version": "10-10"}, variables)["after"] == {"records": 200, "schema": "10-10"}
    assert good("database_setup", {"version": "10-10"}, variables)["changed"] is False


def test_an_old_version_is_installed_again(database: FakeManager, variables: dict[str, Any]) -> None:
    files = good("manager_info", {"server": "database_server"}, variables)["state"]["program_files"]
    stop_all(database)
    database.put_version("10-10")
    options = {
        "server": "database_server",
        "version": "10-00",
        "media_folder": MEDIA + r"\10-00",
        "removal_media_folder": MEDIA + r"\10-10",
        "program_files": files,
    }
    assert good("manager_install", options, variables)["changed"] is True
    assert database.version == "10-00"
    del options["program_files"]
    database.put_version("10-10")
    assert run("manager_install", options, variables)["failure"]["code"] == "downgrade"


def test_a_licence_is_registered(management: FakeManager, variables: dict[str, Any]) -> None:
    management.licensed = False
    assert good("manager_license", {}, variables)["after"] == {"registered": True}
    assert good("manager_license", {}, variables)["changed"] is False


def test_a_journal_is_written_and_read(database: FakeManager, variables: dict[str, Any]) -> None:
    def journal(state: str, **options: Any) -> dict[str, Any]:
        return good("upgrade_journal", {"folder": JOURNAL, "state": state, **options}, variables)

    empty = journal("read")
    assert (empty["changed"], empty["open"], empty["content"]) == (False, False, {})
    assert journal("opened", run_id="run1", content={"target_version": "10-10"})["changed"] is True
    assert journal("read")["open"] is True
    journal("closed", run_id="run1", content={"end_state": "SUCCEEDED"})
    closed = journal("read")
    assert closed["open"] is False
    assert closed["content"] == {"run_id": "run1", "target_version": "10-10", "end_state": "SUCCEEDED"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_an_earlier_try_has_left_is_waited_for(database: FakeManager, variables: dict[str, Any], check_mode: bool) -> None:
    database.leave_job("run1-install-10-10", CommandResult(0, "", "", 1.0))
    result = good("upgrade_job", {"server": "database_server", "run_id": "run1"}, variables, check_mode=check_mode)
    assert result["changed"] is False
    assert [(job["action"], job["exit_code"]) for job in result["jobs"]] == [("install", None if check_mode else 0)]
    assert "run1-install-10-10" in database.jobs


def test_a_rehearsal_touches_nothing_in_check_mode(database: FakeManager, variables: dict[str, Any]) -> None:
    options = {"server": "database_server", "media_folders": [MEDIA + r"\10-10"], "writable_folders": [r"D:\JP1\backup"]}
    before = database.picture()
    result = run_action(action("upgrade_rehearsal"), options, variables, delegate_to="JP1DB01", check_mode=True)
    assert (result["changed"], result["rehearsed"], result["http_requests"]) == (False, [], 0)
    assert database.picture() == before
    database.programs["rehearsal.cmd"] = lambda arguments, stdin: (0, "S-1-5-18\n")
    assert run("upgrade_rehearsal", options, variables)["failure"]["code"] == "rehearsal_failed"
    assert database.picture()["files"] == before["files"]


def test_an_unknown_profile_is_refused_before_the_server_is_asked(database: FakeManager, variables: dict[str, Any]) -> None:
    result = run("manager_info", {"server": "database_server", "profile": "nothing"}, variables)
    assert result["failure"]["code"] == "unknown_profile"
    assert database.requests == 0


def test_a_failed_step_says_whether_it_was_executed(database: FakeManager, variables: dict[str, Any]) -> None:
    result = run("database_setup", {"version": "10-10"}, variables)
    assert result["failure"]["code"] == "not_upgraded_yet"
    assert result["failure"]["evidence"]["executed"] is False
    assert result["changed"] is False
