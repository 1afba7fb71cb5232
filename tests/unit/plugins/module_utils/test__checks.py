# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._checks import (
    BACKUP_BYTES,
    BLOCKER,
    INSTALLATION_BYTES,
    WARNING,
    Finding,
    Subject,
    Wanted,
    check_server,
    check_system,
    drive_of,
)
from ansible_collections.jp1.itdm.plugins.module_utils._profile import ACTIONS
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import profile
from ansible_collections.jp1.itdm.tests.unit.plugins.states import State, changed, server_state, system_state

PLENTY = {"free": BACKUP_BYTES, "total": 100 * 10**9}
WANTED = Wanted(
    target_version="10-10",
    media_folder=r"D:\JP1\media\10-10",
    old_media_folder=r"D:\JP1\media\10-00",
    backup_folder=r"D:\JP1\backup",
    secrets_given=("database_password", "license_key"),
)


def seen(server: str = "database_server") -> State:
    """What is seen of a healthy server."""
    return {
        **server_state(server),
        "programs_missing": {},
        "disks": {"C:": dict(PLENTY), "D:": dict(PLENTY)},
        "media": {"installer": r"D:\JP1\media\10-10\SETUP.EXE", "readable": True, "version": "10-10"},
        "old_media": {"installer": r"D:\JP1\media\10-00\SETUP.EXE", "readable": True, "version": "10-00"},
    }


def check(what: State | None = None, wanted: Wanted = WANTED, **overrides: Any) -> list[Finding]:
    state = what or seen()
    return check_server(Subject("JP1DB01", state["server"], state, wanted, profile(**overrides)))


def only(findings: list[Finding], check_id: str, severity: str = BLOCKER) -> Finding:
    assert [(finding.check, finding.severity) for finding in findings] == [(check_id, severity)]
    (finding,) = findings
    assert finding.host
    assert finding.message
    assert finding.remedy
    assert finding.as_dict()["check"] == check_id
    return finding


@pytest.mark.parametrize("server", ["management_server", "database_server"])
def test_a_healthy_server_has_no_findings(server: str) -> None:
    assert check(seen(server)) == []


SINGLE = [
    ("elevated", False, "elevated_account", "Administrator"),
    ("tools_missing", ["wmic", "certutil"], "windows_tools", "wmic, certutil"),
    ("pending_restart", ["windows_update"], "pending_restart", "windows_update"),
    ("installers_running", ["SETUP.EXE"], "installer_running", "SETUP.EXE"),
    ("cluster", True, "cluster", "cluster"),
    ("services", {}, "services_known", "Database"),
    ("services/Database/state", "stopped", "services_running", "Database is stopped"),
    ("programs_missing", {"restore": r"C:\bin\importdb.exe"}, "programs_known", "importdb.exe does not exist"),
    ("product/installed", False, "product_installed", "not among the installed programs"),
    ("product/version", "10-10", "same_version", "10-10"),
    ("product/version", "10-20", "downgrade", "10-20"),
    ("disks/C:/free", INSTALLATION_BYTES - 1, "installation_space", "2.4 GB"),
    ("disks/D:/free", BACKUP_BYTES - 1, "backup_space", "20.0 GB"),
    ("media/readable", False, "media", "SETUP.EXE"),
    ("media/version", "10-00", "media", "states 10-00, not 10-10"),
    ("media/version", None, "media", "states no version"),
    ("old_media/readable", False, "old_media", "SETUP.EXE"),
    ("old_media/version", "09-51", "old_media", "states 09-51, not 10-00"),
]


@pytest.mark.parametrize(("path", "value", "check_id", "told"), SINGLE)
def test_one_thing_in_the_way_is_one_blocker(path: str, value: Any, check_id: str, told: str) -> None:
    findings = check(changed(seen(), path, value))
    if check_id in ("same_version", "downgrade"):
        # what is installed is also what the old media are compared with
        findings = [finding for finding in findings if finding.check != "old_media"]
    assert told in only(findings, check_id).message


def test_all_findings_are_told_at_once() -> None:
    state = seen()
    for path, value, _check, _told in SINGLE[:6]:
        state = changed(state, path, value)
    assert [finding.check for finding in check(state)] == [
        "elevated_account",
        "windows_tools",
        "services_known",
        "cluster",
        "pending_restart",
        "installer_running",
    ]


# What could not be seen is a finding of its own


def test_a_version_that_can_not_be_told_blocks() -> None:
    state = changed(changed(seen(), "product/version", ""), "product/version_text", "ten")
    findings = [finding for finding in check(state) if finding.check != "old_media"]
    assert "'ten'" in only(findings, "product_installed").message


@pytest.mark.parametrize(("drive", "check_id"), [("C:", "installation_space"), ("D:", "backup_space")])
def test_a_drive_that_can_not_be_read_blocks(drive: str, check_id: str) -> None:
    state = seen()
    del state["disks"][drive]
    assert drive in only(check(state), check_id).message


def test_an_unknown_system_drive_blocks() -> None:
    assert "system drive" in only(check(changed(seen(), "system_drive", "")), "installation_space").message


def test_an_unknown_install_folder_blocks() -> None:
    assert "install folder" in only(check(changed(seen(), "product/install_folder", "")), "installation_space").message


def test_an_account_without_a_name_is_still_judged() -> None:
    state = changed(changed(seen(), "elevated", False), "account", "")
    only(check(state), "elevated_account")


def test_services_that_the_profile_does_not_name_can_not_be_watched() -> None:
    only(check(services__database_server=[]), "services_known", WARNING)
    only(check(seen("management_server"), services__management_server=[]), "services_known", BLOCKER)


def test_media_whose_version_can_not_be_read_are_taken_on_trust_with_a_warning() -> None:
    findings = check(changed(seen(), "media/version", None), media__version_file="")
    assert [(finding.check, finding.severity) for finding in findings] == [("media", WARNING), ("old_media", WARNING)]


# Drives


@pytest.mark.parametrize(
    ("folder", "drive"),
    [
        (r"d:\x", "D:"),
        ("C:", "C:"),
        ("", ""),
        (r"\\server\share\x", ""),
        (r"\x", ""),
        ("x", ""),
        ("/x", ""),
        ("https://x", ""),
    ],
)
def test_the_drive_of_a_folder(folder: str, drive: str) -> None:
    assert drive_of(folder) == drive


@pytest.mark.parametrize("folder", [r"\\server\share\backup", "backup", r"D:backup", r"\backup", "/srv/backup"])
def test_folders_are_on_local_drives(folder: str) -> None:
    only(check(wanted=replace(WANTED, backup_folder=folder)), "backup_folder")
    only(check(wanted=replace(WANTED, media_folder=folder)), "media")
    only(check(wanted=replace(WANTED, old_media_folder=folder)), "old_media")


def test_every_drive_of_the_installation_needs_its_space() -> None:
    state = changed(seen(), "product/install_folder", r"E:\jp1")
    state["disks"] |= {"E:": {"free": INSTALLATION_BYTES - 1, "total": 1}, "C:": {"free": 0, "total": 1}}
    findings = check(state)
    assert [finding.check for finding in findings] == ["installation_space"] * 2
    assert "C:" in findings[0].message
    assert "E:" in findings[1].message


def test_a_server_without_a_backup_needs_no_space_for_one() -> None:
    assert check(changed(seen(), "disks/D:/free", 0), replace(WANTED, backup_folder="")) == []


# The target


def test_the_target_of_the_successor_product_blocks() -> None:
    state = changed(seen(), "media/version", "10-50")
    only(check(state, replace(WANTED, target_version="10-50")), "itdm2_target")


def test_a_target_in_another_format_blocks() -> None:
    state = changed(seen(), "media/version", "10.10")
    only(check(state, replace(WANTED, target_version="10.10")), "bad_version")


# The way back


def test_without_old_media_there_is_no_way_back() -> None:
    finding = only(check(wanted=replace(WANTED, old_media_folder="")), "old_media")
    assert "upgrade_accept_no_way_back" in finding.remedy
    assert "support service" in finding.remedy


def test_no_way_back_can_be_accepted_and_then_says_whom_to_contact() -> None:
    findings = check(wanted=replace(WANTED, old_media_folder="", accept_no_way_back=True))
    assert "support service" in only(findings, "old_media", WARNING).remedy


def test_old_media_that_are_given_are_checked_even_if_no_way_back_is_accepted() -> None:
    only(check(changed(seen(), "old_media/readable", False), replace(WANTED, accept_no_way_back=True)), "old_media")


@pytest.mark.parametrize(
    ("server", "missing", "action"),
    [("database_server", "database_password", "restore"), ("management_server", "license_key", "register_license")],
)
def test_a_secret_is_needed_on_the_server_whose_programs_take_it(server: str, missing: str, action: str) -> None:
    finding = only(check(seen(server), wanted=replace(WANTED, secrets_given=())), "credentials")
    assert f"upgrade_{missing}" in finding.message
    assert action in finding.message
    assert check(seen(server), wanted=replace(WANTED, secrets_given=(missing,))) == []


@pytest.mark.parametrize("action", ACTIONS)
def test_a_secret_is_needed_by_every_action_that_names_it(action: str) -> None:
    wanted = replace(WANTED, secrets_given=("database_password",))
    overrides: dict[str, Any] = {"register_license__stdin": "", f"{action}__stdin": "{license_key}"}
    findings = [finding for server in ("management_server", "database_server") for finding in check(seen(server), wanted, **overrides)]
    assert {finding.check for finding in findings} == {"credentials"}
    assert all(f"needs it for {action}." in finding.message for finding in findings)


def test_a_removal_that_the_profile_leaves_out_needs_no_secret() -> None:
    wanted = replace(WANTED, secrets_given=("database_password",))
    assert check(wanted=wanted, uninstall__stdin="{license_key}", rollback__remove_new_version_first=False) == []


def test_a_secret_that_no_command_uses_is_not_needed() -> None:
    findings = check(
        wanted=replace(WANTED, secrets_given=("database_password",)),
        register_license__method="manual",
        register_license__instruction="Register it.",
    )
    assert findings == []


@pytest.mark.parametrize("action", ACTIONS)
def test_a_secret_on_a_command_line_is_shown(action: str) -> None:
    overrides: dict[str, Any] = {f"{action}__argv": ["x.exe", "{database_password}"], f"{action}__secret_in_argv": "accepted"}
    findings = check(**overrides)
    assert action in only(findings, "secret_in_argv", WARNING).message


NEEDED = {
    "management_server": ["stop_services", "install", "uninstall", "start_services", "start_for_license", "register_license"],
    "database_server": ["backup", "install", "uninstall", "restore"],
}


@pytest.mark.parametrize(("server", "action"), [(server, action) for server, actions in NEEDED.items() for action in actions])
def test_a_profile_without_a_way_for_a_step_blocks(server: str, action: str) -> None:
    overrides: dict[str, Any] = {f"{action}__method": "none"}
    found = only(check(seen(server), **overrides), "profile_complete")
    assert f"{action}.method" in found.message


def test_a_profile_without_a_way_for_setup_blocks_by_a_check_that_can_be_left_out() -> None:
    assert "setup_database.method" in only(check(setup_database__method="none"), "setup_known").message


@pytest.mark.parametrize(
    "overrides",
    [
        {"uninstall__method": "none", "rollback__remove_new_version_first": False},
        {"start_for_license__method": "none", "services__for_license": [], "rollback__order": ["stop_services", "register_license"]},
        {"license_status__method": "none", "database_status__method": "none", "backup_status__method": "none"},
    ],
)
def test_what_neither_the_upgrade_nor_the_way_back_takes_may_have_no_way(overrides: dict[str, Any]) -> None:
    assert [check(seen(server), **overrides) for server in NEEDED] == [[], []]


def test_the_licence_needs_services_to_start() -> None:
    found = only(check(seen("management_server"), services__for_license=[]), "profile_complete")
    assert "services.for_license" in found.message


# What templates name


BY_HAND = {"register_license__method": "manual", "register_license__instruction": "Register {license_file}."}
IN_ARGV: dict[str, Any] = {"register_license__argv": ["licreg.exe", "{license_file}"]}


@pytest.mark.parametrize("overrides", [IN_ARGV, BY_HAND])
def test_a_licence_file_that_is_used_has_to_be_given_and_to_be_there(overrides: dict[str, Any]) -> None:
    wanted = replace(WANTED, license_file=r"C:\x.lic")
    assert "upgrade_license_file" in only(check(seen("management_server"), **overrides), "profile_variables").remedy
    gone = {**seen("management_server"), "license_file": False}
    if overrides is IN_ARGV:
        assert r"C:\x.lic" in only(check(gone, wanted, **overrides), "license_file").message
    else:  # on a share, say, that the person reaches
        assert check(gone, wanted, **overrides) == []
    assert check({**gone, "license_file": True}, wanted, **overrides) == []
    assert check(**overrides) == []  # it is registered on the other server


def test_a_licence_file_that_is_not_used_need_not_be_there() -> None:
    assert check({**seen("management_server"), "license_file": False}, replace(WANTED, license_file=r"C:\x.lic")) == []


@pytest.mark.parametrize(
    ("server", "overrides", "remedy"),
    [
        ("database_server", {"uninstall__argv": ["x.exe", "{log_file}"], "install__log_file": ""}, "install.log_file"),
        ("database_server", {"install__response_file": ""}, "install.response_file"),
        ("database_server", {"uninstall__argv": ["x.exe", "{response_file}"]}, "fields of uninstall"),
        ("database_server", {"restore__working_folder": "{version}"}, "fields of restore"),
        ("management_server", {"stop_services__argv": ["x.exe", "{backup_folder}"]}, "fields of stop_services"),
        ("management_server", {"install__response_file": "{license_file}"}, "fields of install"),
    ],
)
def test_a_variable_without_a_value_is_found_before_the_first_change(server: str, overrides: dict[str, Any], remedy: str) -> None:
    assert remedy in only(check(seen(server), **overrides), "profile_variables").remedy


def test_a_variable_in_what_no_method_reads_needs_no_value() -> None:
    assert check(install__method="manual", install__instruction="Install {version}.", install__response_file="{license_file}") == []


def test_a_program_that_is_not_there_blocks() -> None:
    state = {**seen(), "programs_missing": {"backup": "C:\\gone.exe"}}
    found = only(check(state), "programs_known")
    assert "C:\\gone.exe" in found.message
    assert "backup.argv" in found.remedy


def check_assumed(*fields: str) -> list[Finding]:
    believed = profile()
    believed = replace(believed, sources={**believed.sources, **dict.fromkeys(fields, "assumed")})
    return check_server(Subject("JP1DB01", "database_server", seen(), WANTED, believed))


def test_assumed_fields_are_shown() -> None:
    assert "backup.argv" in only(check_assumed("backup.argv"), "profile_assumed", WARNING).message


# Both servers


def check_both(state: State, target: str = "10-10", difference: float = 60.0) -> list[Finding]:
    return check_system(state["management_server"], state["database_server"], target, difference)


def test_a_healthy_system_has_no_findings() -> None:
    assert check_both(system_state()) == []


def test_both_servers_have_the_same_version() -> None:
    finding = only(check_both(changed(system_state(), "database_server/product/version", "09-51")), "same_version")
    assert "10-00" in finding.message
    assert "09-51" in finding.message


@pytest.mark.parametrize("name", ["JP1MGR01", "jp1mgr01"])
def test_one_computer_is_no_multi_server_configuration(name: str) -> None:
    only(check_both(changed(system_state(), "database_server/computer_name", name)), "two_servers")


def test_computers_without_names_can_not_be_told_apart() -> None:
    only(check_both(changed(system_state(), "database_server/computer_name", "")), "two_servers", WARNING)


@pytest.mark.parametrize(("offset", "blocks"), [(60.2, False), (60.3, True), (-59.8, False), (-59.9, True)])
def test_the_clocks_differ_by_at_most_the_limit(offset: float, blocks: bool) -> None:
    findings = check_both(changed(system_state(), "database_server/clock_offset", offset))
    assert [finding.check for finding in findings] == (["clock_difference"] if blocks else [])


def test_a_clock_that_can_not_be_read_is_a_warning() -> None:
    state = changed(system_state(), "management_server/clock_offset", None)
    only(check_both(state), "clock_difference", WARNING)


@pytest.mark.parametrize(
    ("installed", "target", "told"),
    [("09-51", "10-00", True), ("09-51", "10-10", True), ("10-00", "10-10", False), ("09-50", "09-51", False)],
)
def test_the_certificate_of_an_mdm_system_is_told_when_10_00_is_passed(installed: str, target: str, told: bool) -> None:
    findings = check_both(system_state(installed), target)
    assert [finding.check for finding in findings] == (["mdm_linkage"] if told else [])


@pytest.mark.parametrize("folder", [r"E:\copy", r"\\nas\share\copy"])
def test_a_second_copy_needs_a_place_of_its_own(folder: str) -> None:
    def judge(readable: bool, free: int | None, folder: str = folder) -> list[Finding]:
        place = {"backup_copy": {"readable": readable, "free": free}}
        return check({**seen(), **place}, replace(WANTED, backup_copy_folder=folder))

    assert judge(True, BACKUP_BYTES) == []
    assert "can not be reached" in only(judge(False, None), "backup_copy").message
    assert "19.0 GB" in only(judge(True, 19 * 10**9), "backup_copy_space", WARNING).message
    assert "can not be told" in only(judge(True, None), "backup_copy_space", WARNING).message
    assert "same drive" in only(judge(True, BACKUP_BYTES, r"D:\copy"), "backup_copy").message


# What is said is what a person goes by, word by word


def without(name: str) -> State:
    state = seen()
    del state["disks"][name]
    return state


def copy_place(**place: Any) -> State:
    return {**seen(), "backup_copy": {"readable": True, "free": BACKUP_BYTES, **place}}


COPY = replace(WANTED, backup_copy_folder=r"E:\copy")
EVERY_FINDING: list[Callable[[], list[Finding]]] = [
    lambda: check(changed(seen(), "product/installed", False)),
    lambda: check(changed(changed(seen(), "product/version", ""), "product/version_text", "ten"), replace(WANTED, old_media_folder="")),
    lambda: check(changed(seen(), "elevated", False)),
    lambda: check(changed(changed(seen(), "elevated", False), "account", "")),
    lambda: check(changed(seen(), "tools_missing", ["wmic", "certutil"])),
    lambda: check(changed(seen(), "pending_restart", ["windows_update", "file_renames"])),
    lambda: check(changed(seen(), "installers_running", ["SETUP.EXE", "msiexec.exe"])),
    lambda: check(changed(seen(), "cluster", True)),
    lambda: check(services__database_server=[]),
    lambda: check(seen("management_server"), services__management_server=[]),
    lambda: check(changed(seen(), "services", {})),
    lambda: check(changed(seen(), "services/Database/state", "stopped")),
    lambda: check({**seen(), "programs_missing": {"backup": "C:\\gone.exe"}}),
    lambda: check(changed(seen(), "system_drive", "")),
    lambda: check(changed(seen(), "product/install_folder", "")),
    lambda: check(changed(seen(), "disks/C:/free", INSTALLATION_BYTES - 5 * 10**8)),
    lambda: check(changed(seen(), "disks/D:/free", BACKUP_BYTES - 10**9)),
    lambda: check(without("D:")),
    lambda: check(wanted=replace(WANTED, backup_folder=r"\\nas\backup")),
    lambda: check(copy_place(), replace(COPY, backup_copy_folder=r"D:\copy")),
    lambda: check(copy_place(readable=False), COPY),
    lambda: check(copy_place(free=19 * 10**9), COPY),
    lambda: check(copy_place(free=None), COPY),
    lambda: check(wanted=replace(WANTED, media_folder="media")),
    lambda: check(changed(seen(), "media/readable", False)),
    lambda: check({**seen(), "media": {}}),
    lambda: check(changed(seen(), "media/version", "10-00")),
    lambda: check(changed(seen(), "media/version", None)),
    lambda: check(media__version_file=""),
    lambda: check(wanted=replace(WANTED, old_media_folder="")),
    lambda: check(wanted=replace(WANTED, old_media_folder="", accept_no_way_back=True)),
    lambda: check(wanted=replace(WANTED, secrets_given=())),
    lambda: check(seen("management_server"), replace(WANTED, secrets_given=())),
    lambda: check(restore__method="none"),
    lambda: check(setup_database__method="none"),
    lambda: check(seen("management_server"), services__for_license=[]),
    lambda: check(seen("management_server"), **IN_ARGV),
    lambda: check(uninstall__argv=["x.exe", "{response_file}"]),
    lambda: check({**seen("management_server"), "license_file": False}, replace(WANTED, license_file="C:\\x.lic"), **IN_ARGV),
    lambda: check_assumed("backup.argv", "restore.argv"),
    lambda: check(backup__argv=["x.exe", "{database_password}"], backup__secret_in_argv="accepted"),
    lambda: check_both(changed(system_state(), "database_server/product/version", "09-51")),
    lambda: check_both(changed(system_state(), "database_server/computer_name", "")),
    lambda: check_both(changed(system_state(), "database_server/computer_name", "jp1mgr01")),
    lambda: check_both(changed(system_state(), "management_server/clock_offset", None)),
    lambda: check_both(changed(system_state(), "database_server/clock_offset", 3600.2)),
    lambda: check_both(system_state("09-51"), "10-10"),
]
REVIEWED = (Path(__file__).parent / "findings.txt").read_text(encoding="utf-8").splitlines()


def test_every_finding_is_said_as_it_was_reviewed() -> None:
    found = [finding for make in EVERY_FINDING for finding in make()]
    lines = [f"{each.host}: {each.check} ({each.severity}): {each.message} {each.remedy}" for each in found]
    assert lines == [line for line in REVIEWED if not line.startswith("#")], "read what is said now, and correct findings.txt"
