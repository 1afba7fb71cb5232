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
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction, display
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.tests.unit.plugins import journals
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import DOCUMENT, MEDIA, SECRETS, FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.step_scenarios import BACKUP, stop_all
from ansible_collections.jp1.itdm.tests.unit.plugins.tasks import GROUPS, connection, run_action, use

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
    assert result.get("failed") or (result["http_requests"] > 0) == (name != "upgrade_result")
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


@pytest.mark.parametrize("name", ACTIONS)
def test_whoever_takes_a_profile_knows_the_secrets_that_it_may_name(name: str) -> None:
    assert "profile" not in action(name).spec or set(SECRETS) <= set(action(name).spec)


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
        ({"backup_copy_folder": r"D:\copy"}, {}, "backup_copy"),
        ({"backup_copy_folder": r"E:\copy"}, {}, "backup_copy"),
        ({"backup_copy_folder": "copy"}, {}, "backup_copy"),
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


def test_preflight_looks_for_the_licence_file(management: FakeManager, variables: dict[str, Any]) -> None:
    options = {**PREFLIGHT, "server": "management_server", "license_file": r"D:\JP1\x.lic"}
    variables |= {"upgrade_profile_overrides": {"register_license.argv": ["licreg.exe", "{license_file}"]}}
    assert [finding["check"] for finding in good("preflight", options, variables)["findings"]] == ["license_file"]
    management.add_file(r"D:\JP1\x.lic")
    assert good("preflight", options, variables)["findings"] == []


@pytest.mark.parametrize(("target", "code"), [("10.10", "bad_version"), ("10-10 ", "bad_version"), ("10-50", "itdm2_target")])
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


def test_a_backup_is_copied_and_the_copy_goes_with_it(database: FakeManager, variables: dict[str, Any]) -> None:
    database.disks["E:"] = Disk(10**9, 10**9)
    copy = r"E:\copy\run1"
    options = {"folder": BACKUP, "copy_folder": copy, "run_id": "run1"}
    taken = good("database_backup", options, variables)
    assert (taken["changed"], taken["copy"]) == (True, {"folder": copy, "files": 2, "bytes": 23})
    assert taken["warnings"] == []
    for state in ("taken", "verified"):
        again = good("database_backup", {**options, "state": state}, variables)
        assert (again["changed"], again["copy"], again["manifest"]) == (False, taken["copy"], taken["manifest"])
    database.add_file(copy + r"\database\records.dat", b"records=9")
    assert run("database_backup", {**options, "state": "verified"}, variables)["failure"]["code"] == "copy_differs"
    assert good("database_backup", {**options, "state": "absent"}, variables)["changed"] is True
    assert not [name for name in database.files if name.startswith((BACKUP, copy))]


def test_a_copy_that_fails_hides_no_backup_that_was_taken(database: FakeManager, variables: dict[str, Any]) -> None:
    database.disks["E:"] = Disk(1, 10**9)
    result = run("database_backup", {"folder": BACKUP, "copy_folder": r"E:\copy", "run_id": "run1"}, variables)
    assert (result["failure"]["code"], result["changed"]) == ("copy_space", True)


def test_a_copy_beside_the_backup_is_refused_before_the_server_is_asked(database: FakeManager, variables: dict[str, Any]) -> None:
    result = run("database_backup", {"folder": BACKUP, "copy_folder": r"D:\copy", "run_id": "run1"}, variables)
    assert (result["failure"]["code"], result["changed"]) == ("copy_on_same_drive", False)
    assert database.requests == 0


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


def test_services_are_stopped_with_the_secret_that_the_profile_names(management: FakeManager, variables: dict[str, Any]) -> None:
    variables["upgrade_profile_overrides"] = {"stop_services.stdin": "{database_password}\r\n"}
    assert good("manager_service", {"server": "management_server", "state": "stopped"}, variables)["changed"] is True
    assert management.given == ["correct horse\r\n"]


def test_a_database_server_is_upgraded(database: FakeManager, variables: dict[str, Any]) -> None:
    stop_all(database)
    options = {"server": "database_server", "version": "10-10", "media_folder": MEDIA + r"\10-10", "auto_update": True}
    assert good("manager_install", options, variables)["changed"] is True
    assert database.started_by_installer == ["AutoUpdate=yes\r\nStartServices=yes\r\n"]
    assert good("database_setup", {"version": "10-10"}, variables)["after"] == {"records": 200, "schema": "10-10", "damaged": False}
    assert good("database_setup", {"version": "10-10"}, variables)["changed"] is False


OLD_VERSION_AGAIN = {
    "server": "database_server",
    "version": "10-00",
    "media_folder": MEDIA + r"\10-00",
    "removal_media_folder": MEDIA + r"\10-10",
}


def test_an_old_version_is_installed_again(database: FakeManager, variables: dict[str, Any]) -> None:
    files = good("manager_info", {"server": "database_server"}, variables)["state"]["program_files"]
    stop_all(database)
    database.put_version("10-10")
    options = {**OLD_VERSION_AGAIN, "program_files": files}
    assert good("manager_install", options, variables)["changed"] is True
    assert database.version == "10-00"
    del options["program_files"]
    database.put_version("10-10")
    assert run("manager_install", options, variables)["failure"]["code"] == "downgrade"


def test_an_installer_is_given_the_secrets_that_the_profile_names(database: FakeManager, variables: dict[str, Any]) -> None:
    files = good("manager_info", {"server": "database_server"}, variables)["state"]["program_files"]
    stop_all(database)
    database.put_version("10-10")
    variables["upgrade_profile_overrides"] = {
        "install.response_file": "Key={license_key}\r\n",
        "uninstall.stdin": "{database_password}\r\n",
    }
    options = {**OLD_VERSION_AGAIN, "program_files": files}
    assert good("manager_install", options, variables)["changed"] is True
    assert database.started_by_installer == ["Key=battery-staple\r\n"]
    assert "correct horse\r\n" in database.given


def test_a_licence_is_registered(management: FakeManager, variables: dict[str, Any]) -> None:
    management.licensed = False
    assert good("manager_license", {}, variables)["after"] == {"registered": True}
    assert good("manager_license", {}, variables)["changed"] is False


def test_a_journal_is_written_and_read(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    def journal(state: str, **options: Any) -> dict[str, Any]:
        return good("upgrade_journal", {"folder": journals.FOLDER, "state": state, "run_id": journals.RUN_ID, **options}, variables)

    empty = journal("read")
    assert (empty["changed"], empty["open"], empty["content"], empty["lock"]["held"]) == (False, False, {}, False)
    token = journal("locked", doing="upgrade", take_over_from=empty["lock"], position=0, run_id="")["token"]
    assert journal("read")["lock"]["holder"]["token"] == token
    assert journal("opened", token=token, content=journals.RUN)["changed"] is True
    assert journal("read")["open"] is True
    copies = tmp_path / "a" / "b"
    noted = journal("noted", token=token, steps={"stop": "done"}, controller_folder=str(copies))
    assert noted["content"]["steps"]["stop"]["state"] == "done"
    assert "documents" not in noted["after"]
    assert json.loads((copies / f"{journals.RUN_ID}.journal.json").read_text(encoding="utf-8")) == noted["documents"]
    closed = journal("noted", token=token, content={"end_state": "SUCCEEDED"})
    assert journal("read")["open"] is False
    assert journal("read")["content"] == closed["content"]
    assert journal("unlocked", token=token)["changed"] is True
    assert journal("read")["lock"]["held"] is False


def test_a_journal_in_check_mode(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    before = database.picture()
    common = {"folder": journals.FOLDER, "run_id": journals.RUN_ID, "token": "0123", "controller_folder": str(tmp_path / "copies")}
    for wish in (
        {"state": "opened", "content": journals.RUN},
        {"state": "noted", "content": {"x": 1}},
        {"state": "locked", "doing": "upgrade"},
    ):
        result = good("upgrade_journal", {**common, **wish}, variables, check_mode=True)
        assert (result["changed"], result["content"]) == (True, {})
    assert database.picture() == before
    assert list(tmp_path.glob("copies")) == []


def test_a_controller_without_space_stops_no_run(
    database: FakeManager, variables: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals.open_run(database)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    told: list[str] = []
    monkeypatch.setattr(display, "warning", told.append)
    options = {"folder": journals.FOLDER, "state": "noted", "run_id": journals.RUN_ID, "token": journals.TOKEN, "content": {"x": 1}}
    assert good("upgrade_journal", {**options, "controller_folder": str(tmp_path / "file")}, variables)["changed"] is True
    assert "could not be mirrored" in told[0]


def test_the_journal_of_another_system_is_foreign(database: FakeManager, variables: dict[str, Any]) -> None:
    journals.open_run(database)
    options = {"folder": journals.FOLDER, "state": "read"}
    groups = {**GROUPS, "jp1_itdm_management_servers": ["JP1MGR01", "JP1MGR02"]}
    for name, code in (("JP1MGR01", ""), ("JP1MGR02", "journal_foreign"), ("localhost", "")):
        result = run("upgrade_journal", options, {**variables, "groups": groups, "inventory_hostname": name})
        assert result.get("failure", {}).get("code", "") == code


def test_the_journal_is_kept_by_a_database_server(management: FakeManager, variables: dict[str, Any]) -> None:
    options = {"folder": journals.FOLDER, "state": "read"}
    assert run("upgrade_journal", options, variables, delegate_to="JP1MGR01")["failure"]["code"] == "wrong_target"
    mirrored = {"folder": journals.FOLDER, "state": "mirrored", "run_id": journals.RUN_ID, "content": {"run": journals.RUN, "entries": []}}
    assert run_action(action("upgrade_journal"), mirrored, variables)["changed"] is True


def evidence_options(tmp_path: Path, **options: Any) -> dict[str, Any]:
    return {"server": "database_server", "folder": str(tmp_path / "evidence"), "run_id": "run1", **options}


def test_evidence_is_collected(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    database.add_file(r"C:\Windows\Temp\setup.log", b"wrong password: correct horse\n")
    before = database.picture()
    result = good("upgrade_evidence", evidence_options(tmp_path), variables)
    assert (result["changed"], result["collected"], result["reason"], result["files"]) == (False, True, "", 3)
    index = json.loads((Path(result["folder"]) / "index.json").read_text(encoding="utf-8"))
    assert (index["run_id"], index["host"], index["server"], index["collected"]) == ("run1", "JP1DB01", "database_server", True)
    assert index["missing"] == result["missing"] != []
    log = Path(result["folder"]) / "files/C/Windows/Temp/setup.log"
    assert log.read_text(encoding="utf-8") == "wrong password: ********\n"
    assert result["bytes"] == sum(path.stat().st_size for path in Path(result["folder"]).rglob("*.*") if path.is_file()) - (
        (Path(result["folder"]) / "index.json").stat().st_size
    )
    assert database.picture() == before


def test_evidence_of_a_server_that_can_not_be_reached(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    database.silent = ConnectionLostError("JP1DB01 can not be reached.", code="unreachable")
    result = good("upgrade_evidence", evidence_options(tmp_path), variables)
    assert (result["collected"], result["reason"], result["files"]) == (False, "JP1DB01 can not be reached.", 0)
    index = json.loads((Path(result["folder"]) / "index.json").read_text(encoding="utf-8"))
    assert (index["collected"], index["reason"], index["files"]) == (False, "JP1DB01 can not be reached.", [])


def test_evidence_that_can_not_be_kept_fails_nothing(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file")
    result = run_action(action("upgrade_evidence"), evidence_options(tmp_path), variables, delegate_to="JP1DB01")
    assert not result.get("failed")
    assert (result["collected"], result["folder"]) == (False, "")
    assert "on the controller can not be used" in result["reason"]


def test_evidence_in_check_mode(database: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    result = run_action(action("upgrade_evidence"), evidence_options(tmp_path), variables, delegate_to="JP1DB01", check_mode=True)
    assert (result["changed"], result["collected"], result["folder"]) == (False, False, "")
    assert "Check mode" in result["reason"]
    assert database.requests == 0
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize("run_id", ["..", "a/b"])
def test_evidence_stays_in_its_folder(database: FakeManager, variables: dict[str, Any], tmp_path: Path, run_id: str) -> None:
    result = run("upgrade_evidence", evidence_options(tmp_path, run_id=run_id), variables)
    assert result["failure"]["code"] == "bad_option"
    assert list(tmp_path.glob("**/*.json")) == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_an_earlier_try_has_left_is_waited_for(database: FakeManager, variables: dict[str, Any], check_mode: bool) -> None:
    database.leave_job("run1-install-10-10", CommandResult(0, "", "", 1.0))
    result = good("upgrade_job", {"server": "database_server", "run_id": "run1"}, variables, check_mode=check_mode)
    assert result["changed"] is False
    assert [(job["action"], job["exit_code"]) for job in result["jobs"]] == [("install", None if check_mode else 0)]
    assert "run1-install-10-10" in database.jobs


def test_what_a_left_program_has_printed_shows_no_secret(database: FakeManager, variables: dict[str, Any]) -> None:
    printed = {"stdout": "password correct horse", "log": "key battery-staple"}
    database.leave_job("run1-install-10-10", TimeLimitError("It still runs.", code="time_limit", evidence=printed))
    result = run("upgrade_job", {"server": "database_server", "run_id": "run1"}, variables)
    assert result["failure"]["evidence"] == {"stdout": "password ********", "log": "key ********"}


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_nobody_asks_for_is_removed_but_not_in_check_mode(database: FakeManager, variables: dict[str, Any], check_mode: bool) -> None:
    database.leave_job("run1-install-10-10", CommandResult(0, "", "", 1.0))
    options = {"server": "database_server", "run_id": "run1", "results": "remove"}
    assert good("upgrade_job", options, variables, check_mode=check_mode)["changed"] is True
    assert ("run1-install-10-10" in database.jobs) is check_mode
    assert good("upgrade_job", options, variables)["changed"] is check_mode


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("results", ["keep", "remove"])
def test_a_task_that_is_there_again_is_removed_with_the_results(
    database: FakeManager, variables: dict[str, Any], results: str, check_mode: bool
) -> None:
    database.tasks["run0-backup"] = [r"C:\ProgramData\jp1_itdm_upgrade\jobs\run0-backup\run.cmd"]
    options = {"server": "database_server", "run_id": "run1", "results": results}
    result = good("upgrade_job", options, variables, check_mode=check_mode)
    assert (result["changed"], result["tasks"]) == ((True, ["run0-backup"]) if results == "remove" else (False, []))
    assert ("run0-backup" in database.tasks) is (check_mode or results == "keep")


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


RESULT = {"end_state": "SUCCEEDED", "system": "JP1MGR01", "records": {"lost": 0}, "remedy": "日本語"}


def test_a_result_is_kept_for_its_owner(management: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "new/JP1MGR01.json"
    arguments = {"path": str(file), "content": RESULT}
    assert good("upgrade_result", arguments, variables, check_mode=True)["changed"] is True
    assert not file.parent.exists()
    assert good("upgrade_result", arguments, variables) == {"changed": True, "path": str(file), "http_requests": 0}
    assert json.loads(file.read_text(encoding="utf-8")) == RESULT
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert good("upgrade_result", arguments, variables)["changed"] is False
    assert good("upgrade_result", {**arguments, "content": {}}, variables)["changed"] is True


def test_a_result_is_kept_whatever_the_connection_is(variables: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "JP1MGR01.json"
    result = run_action(action("upgrade_result"), {"path": str(file), "content": RESULT}, variables, through=connection(transport="local"))
    assert not result.get("failed"), result
    assert json.loads(file.read_text(encoding="utf-8")) == RESULT


def test_a_result_that_can_not_be_kept_is_told(management: FakeManager, variables: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("upgrade_result", {"path": str(tmp_path / "file/JP1MGR01.json"), "content": RESULT}, variables)
    assert result["failure"]["code"] == "controller_file"
    assert str(tmp_path / "file") in result["msg"]
