# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import yaml
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    OperatorNeededError,
    OptionError,
    PreconditionError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import UninstallEntry
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import OsTimes
from ansible_collections.jp1.itdm.plugins.plugin_utils import _inspect, _profiles
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import (
    inspect_disks,
    inspect_media,
    inspect_server,
    missing_programs,
    program_files,
    wait_for_operation_window,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import UNKNOWN_DATABASE, Product, find_installation
from ansible_collections.jp1.itdm.plugins.plugin_utils._profiles import load_profile
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import (
    BIN,
    DOCUMENT,
    INSTALL,
    MEDIA,
    FakeManager,
    manual,
    profile,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import CLOCK, Fault
from ansible_collections.jp1.itdm.tests.unit.plugins.states import server_state


def entry(name: str = "Manager", version: str = "10-00", folder: str = INSTALL) -> UninstallEntry:
    return UninstallEntry("JP1", name, version, "Hitachi, Ltd.", folder, "")


# The installed product


def test_the_product_is_found_among_other_programs() -> None:
    entries = [entry("Manager Tools", "1.0"), entry(), entry("7-Zip", "9.20")]
    found = find_installation(entries, profile())
    assert (found.installed, found.version, found.install_folder) == (True, "10-00", INSTALL)


@pytest.mark.parametrize(
    ("text", "version"),
    [("10-00", "10-00"), ("10.00", "10-00"), ("10-10-03", "10-10-03"), ("10-10-A", "10-10-A"), ("1.0", ""), ("", "")],
)
def test_the_version_is_read_by_the_profiles_pattern(text: str, version: str) -> None:
    found = find_installation([entry(version=text)], profile())
    assert (found.installed, found.version, found.version_text) == (True, version, text)


def test_without_an_entry_nothing_is_installed() -> None:
    found = find_installation([entry("Other")], profile(product__install_folder="D:\\jp1\\"))
    assert (found.installed, found.version, found.install_folder) == (False, "", "D:\\jp1")


def test_the_profile_tells_the_folder_where_the_registry_does_not() -> None:
    assert find_installation([entry(folder="")], profile(product__install_folder="D:\\jp1\\")).install_folder == "D:\\jp1"
    assert find_installation([entry(folder=INSTALL + "\\")], profile()).install_folder == INSTALL


def test_the_server_is_asked_once(database_server: FakeManager) -> None:
    product = database_server.product()
    assert product.require_installed() is product.require_installed()
    assert database_server.requests == 1
    database_server.entries = []
    product.installation = None
    with pytest.raises(PreconditionError) as caught:
        product.require_installed()
    assert caught.value.code == "not_installed"


# Running the product's programs


def test_templates_are_filled_and_words_stay_words(database_server: FakeManager) -> None:
    database_server.product().run("backup", backup_folder=r"D:\JP1 & Co\backup %1")
    assert database_server.ran == [[BIN + r"\exportdb.exe", r"D:\JP1 & Co\backup %1"]]
    assert database_server.given == ["correct horse\r\n"]


def test_a_program_gets_its_time_its_folder_and_its_secrets(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    run = database_server.run
    monkeypatch.setattr(database_server, "run", lambda command, **options: (seen.update(options), run(command, **options))[1])
    overrides: dict[str, Any] = {"backup__time_limit": 77, "backup__working_folder": r"{install_folder}\mgr", "backup__run_in": "shell"}
    database_server.product(**overrides).run("backup", backup_folder="D:\\b")
    assert seen["time_limit"] == 77
    assert seen["working_folder"] == INSTALL + r"\mgr"
    assert set(seen["secrets"]) == {"correct horse", "battery-staple"}


def test_progress_is_logged(database_server: FakeManager) -> None:
    lines: list[tuple[int, str]] = []
    database_server.log = lambda level, text: lines.append((level, text))
    database_server.product().run("backup", backup_folder="D:\\b")
    assert lines == [(1, "exported")]


@pytest.mark.parametrize(("code", "accepted"), [(0, True), (4, True), (3010, True), (1, False), (-1073741819, False)])
def test_only_accepted_exit_codes_are_success(database_server: FakeManager, code: int, accepted: bool) -> None:
    product = database_server.product(backup__accepted_exit_codes=[0, 4], backup__restart_exit_codes=[3010])
    database_server.faults["exportdb"] = Fault(code, effect=True)
    if accepted:
        result = product.run("backup", backup_folder="D:\\b")
        assert product.restart_wanted("backup", result) is (code == 3010)
        return
    with pytest.raises(CommandError) as caught:
        product.run("backup", backup_folder="D:\\b")
    assert caught.value.evidence["action"] == "backup"
    assert caught.value.evidence["stdout"] == "exported\n"


def test_an_empty_secret_is_named_by_its_option(database_server: FakeManager) -> None:
    product = Product(database_server, profile(), "database_server", {"database_password": ""})  # type: ignore[arg-type]
    with pytest.raises(OptionError) as caught:
        product.run("backup", backup_folder="D:\\b")
    assert "upgrade_database_password" in caught.value.remedy
    assert database_server.ran == []


def test_a_long_output_is_cut_at_its_begin(database_server: FakeManager) -> None:
    database_server.programs["exportdb"] = lambda arguments, stdin: (9, "x" * 9000 + "the end")
    with pytest.raises(CommandError) as caught:
        database_server.product().run("backup", backup_folder="D:\\b")
    assert caught.value.evidence["stdout"].endswith("the end")
    assert len(caught.value.evidence["stdout"]) == 2000


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ("records=5\nschema=10-00\n", {"records": 5, "schema": "10-00"}),
        ("schema=10-00\n", {"records": None, "schema": "10-00"}),
        ("レコード records=7\n", {"records": 7, "schema": None}),
        ("", {"records": None, "schema": None}),
    ],
)
def test_the_database_is_read_by_the_profiles_patterns(database_server: FakeManager, output: str, status: dict[str, Any]) -> None:
    database_server.programs["dbstat"] = lambda arguments, stdin: (0, output)
    assert database_server.product().database_status() == {**status, "damaged": False}


def test_a_damaged_database_is_known_by_its_exit_code(database_server: FakeManager) -> None:
    database_server.damaged = True
    assert database_server.product().database_status() == {"records": 200, "schema": "10-00", "damaged": True}
    with pytest.raises(CommandError):
        database_server.product(database_status__damaged_exit_codes=[]).database_status()
    accepted: dict[str, Any] = {"database_status__damaged_exit_codes": [], "database_status__accepted_exit_codes": [0, 51]}
    assert database_server.product(**accepted).database_status()["damaged"] is None


def test_a_pattern_without_a_group_is_its_whole_match(database_server: FakeManager) -> None:
    product = database_server.product()
    assert product.pattern("license_status.registered", "now registered=yes") == "registered=yes"
    assert product.pattern("license_status.registered", "registered=no") is None
    assert database_server.product(license_status__registered="").pattern("license_status.registered", "x") is None


@pytest.mark.parametrize(
    ("action", "overrides", "shown"),
    [
        ("install", {}, True),
        ("backup", {}, False),
        ("stop_services", {}, True),
        ("restore", {}, False),
        ("setup_database", {}, True),
        ("setup_database", {"database_status__schema": ""}, False),
        ("setup_database", {"database_status__method": "none"}, False),
        ("register_license", {}, True),
        ("register_license", {"license_status__method": "none"}, False),
    ],
)
def test_only_what_the_server_does_not_show_can_be_confirmed(
    database_server: FakeManager, action: str, overrides: dict[str, Any], shown: bool
) -> None:
    overrides = {**manual(action), **overrides}
    assert database_server.product(**overrides).shows(action) is shown
    confirmed = database_server.product(confirmed=[action], **overrides)
    if shown:
        with pytest.raises(OperatorNeededError) as caught:
            confirmed.run(action)
        assert "confirm" not in caught.value.evidence
    else:
        assert confirmed.run(action).exit_code == 0
        with pytest.raises(OperatorNeededError) as caught:
            database_server.product(**overrides).run(action)
        assert caught.value.evidence["confirm"] == action
    assert database_server.ran == []


def test_only_what_asks_may_be_run_again_when_its_answer_was_lost(
    management_server: FakeManager, database_server: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeatable: dict[str, bool] = {}
    run = FakeManager.run

    def note(self: FakeManager, command: Any, **options: Any) -> Any:
        repeatable[command[0].rpartition("\\")[2]] = options["idempotent"]
        return run(self, command, **options)

    monkeypatch.setattr(FakeManager, "run", note)
    database_server.product().database_status()
    management_server.product().license_registered()
    management_server.product().run("stop_services")
    assert repeatable == {"dbstat.exe": True, "licstat.exe": True, "stopservice.exe": False}


# Looking at a server


@pytest.mark.parametrize("server", ["management_server", "database_server"])
def test_the_state_has_the_keys_that_the_rules_read(server: str, request: pytest.FixtureRequest) -> None:
    world: FakeManager = request.getfixturevalue(server)
    before = world.picture()
    state = inspect_server(world.product())
    assert state.keys() == server_state(server).keys()
    assert state["host"] == world.name
    assert state["services"] == server_state(server)["services"]
    assert state["product"]["version"] == "10-00"
    assert set(state["program_files"]) == {name for name in world.files if name.startswith(BIN)}
    assert world.picture() == before


def test_each_server_tells_what_it_knows(management_server: FakeManager, database_server: FakeManager) -> None:
    management, database = inspect_server(management_server.product()), inspect_server(database_server.product())
    assert (management["license_registered"], management["operation_window"]) == (True, True)
    assert management["database"] == UNKNOWN_DATABASE
    assert (database["license_registered"], database["operation_window"]) == (None, None)
    assert database["database"] == {"records": 200, "schema": "10-00", "damaged": False}


def test_an_inspection_takes_few_round_trips(management_server: FakeManager) -> None:
    inspect_server(management_server.product())
    assert management_server.requests <= 4


def test_program_files_are_read_only_where_they_are_asked_for(management_server: FakeManager) -> None:
    state = inspect_server(management_server.product(), with_program_files=False)
    assert state["program_files"] is None
    light = management_server.requests
    # Between the two the controller's clock goes on, the fake's does not.
    expected = {**state, "program_files": program_files(management_server.product()), "clock_offset": ANY}
    assert inspect_server(management_server.product()) == expected
    assert management_server.requests > 2 * light


def test_files_with_settings_are_told_by_their_digests(management_server: FakeManager) -> None:
    there, missing = INSTALL + r"\mgr\conf\a.ini", INSTALL + r"\mgr\conf\b.ini"
    management_server.add_file(there, b"port=1")
    overrides = {"product__settings_files": [r"{install_folder}\mgr\conf\a.ini", r"{install_folder}\mgr\conf\b.ini"]}
    state = inspect_server(management_server.product(**overrides))
    assert state["settings"] == {there: hashlib.sha256(b"port=1").hexdigest(), missing: None}
    assert inspect_server(management_server.product())["settings"] == {}


def test_what_a_half_installed_product_can_not_tell_is_unknown(management_server: FakeManager, database_server: FakeManager) -> None:
    management_server.remove_file(BIN + r"\licstat.exe")
    state = inspect_server(management_server.product())
    assert (state["license_registered"], state["unanswered"]) == (None, ["license_status"])
    database_server.remove_file(BIN + r"\dbstat.exe")
    state = inspect_server(database_server.product())
    assert (state["database"], state["unanswered"]) == (UNKNOWN_DATABASE, ["database_status"])


def test_a_status_program_that_says_nothing_gave_no_answer(database_server: FakeManager) -> None:
    database_server.programs["dbstat"] = lambda arguments, stdin: (0, "")
    assert inspect_server(database_server.product())["unanswered"] == ["database_status"]


def test_a_damaged_database_is_an_answer(database_server: FakeManager) -> None:
    database_server.programs["dbstat"] = lambda arguments, stdin: (51, "")
    state = inspect_server(database_server.product())
    assert (state["database"]["damaged"], state["unanswered"]) == (True, [])


def test_a_server_without_the_product_is_described_too(database_server: FakeManager) -> None:
    database_server.entries = []
    database_server.remove_folder(BIN)
    state = inspect_server(database_server.product())
    assert state["product"]["installed"] is False
    assert state["program_files"] == {}


def test_a_closed_port_is_seen(management_server: FakeManager) -> None:
    management_server.facts["listening_ports"] = {80}
    assert inspect_server(management_server.product())["operation_window"] is False


def test_the_clock_is_compared_with_the_controllers(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    class Now:
        @staticmethod
        def now(zone: Any) -> Any:
            return CLOCK.replace(second=30)

    monkeypatch.setattr(_inspect, "datetime", Now)
    assert inspect_server(database_server.product())["clock_offset"] == -30.0
    database_server.facts["os_times"] = None
    state = inspect_server(database_server.product())
    assert state["clock_offset"] is None
    assert state["os"]["boot_time"] is None
    database_server.facts["os_times"] = OsTimes(CLOCK, CLOCK)
    assert inspect_server(database_server.product())["os"]["boot_time"] == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("server", "action", "program"),
    [("database_server", "restore", "importdb"), ("management_server", "register_license", "licreg")],
)
def test_a_program_that_the_way_back_needs_is_missed_beforehand(
    server: str, action: str, program: str, request: pytest.FixtureRequest
) -> None:
    world: FakeManager = request.getfixturevalue(server)
    assert missing_programs(world.product()) == {}
    world.remove_file(rf"{BIN}\{program}.exe")
    assert missing_programs(world.product()) == {action: rf"{BIN}\{program}.exe"}
    assert missing_programs(world.product(**manual(action))) == {}


def test_programs_elsewhere_are_not_looked_for(database_server: FakeManager) -> None:
    assert missing_programs(database_server.product(restore__argv=[r"D:\tools\importdb.exe"])) == {}
    database_server.entries = []
    assert missing_programs(database_server.product()) == {}


# Media and disks


def test_media_are_read(database_server: FakeManager) -> None:
    product = database_server.product()
    installer = MEDIA + r"\10-10\SETUP.EXE"
    assert inspect_media(product, MEDIA + r"\10-10") == {"installer": installer, "readable": True, "version": "10-10"}
    missing = inspect_media(product, MEDIA + r"\09-51")
    assert (missing["readable"], missing["version"]) == (False, None)


@pytest.mark.parametrize("folder", ["", r"\\server\media", "media"])
def test_media_elsewhere_are_not_even_looked_for(database_server: FakeManager, folder: str) -> None:
    assert inspect_media(database_server.product(), folder)["readable"] is False
    assert database_server.requests == 0


def test_without_a_version_file_the_media_state_no_version(database_server: FakeManager) -> None:
    media = inspect_media(database_server.product(media__version_file=""), MEDIA + r"\10-10")
    assert media["readable"] is True
    assert media["version"] is None


def test_every_drive_is_asked_once_and_a_missing_one_is_left_out(database_server: FakeManager) -> None:
    host: Any = database_server
    database_server.disks = {"C:": Disk(1, 2)}
    assert inspect_disks(host, [r"c:\a", r"C:\b", r"E:\c", ""]) == {"C:": {"free": 1, "total": 2}}
    assert database_server.requests == 1
    assert inspect_disks(host, [""]) == {}


# The operation window


def test_the_operation_window_is_waited_for(
    management_server: FakeManager, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    management_server.facts["listening_ports"] = set()

    def pause(seconds: float) -> None:
        no_waiting.append(seconds)
        management_server.facts["listening_ports"] = {31080}

    monkeypatch.setattr(time, "sleep", pause)
    wait_for_operation_window(management_server.product())
    assert len(no_waiting) == 1


def test_the_wait_for_the_operation_window_ends(management_server: FakeManager, no_waiting: list[float]) -> None:
    management_server.facts["listening_ports"] = {80}
    with pytest.raises(VerificationError, match="31080") as caught:
        wait_for_operation_window(management_server.product())
    assert caught.value.code == "operation_window"
    assert 5 < sum(no_waiting) < 10


# Profiles in files


def test_an_own_profile_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    loaded = load_profile(str(path), {"services.time_limit": 9})
    assert loaded.name == str(path)
    assert loaded["services.time_limit"] == 9
    assert loaded["backup.argv"] == DOCUMENT["fields"]["backup.argv"]["value"]


@pytest.mark.parametrize("name", ["nothing", "/nowhere/mine.yml", "../profiles", "", "jp1_itdm_v10.yml"])
def test_an_unknown_profile_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(OptionError) as caught:
        load_profile(name)
    assert caught.value.code == "unknown_profile"
    assert repr(name) in caught.value.message
    assert "jp1_itdm_v10" in caught.value.remedy


@pytest.mark.parametrize("content", [b"fields: [", b"\xff\xfe\x00", b"", b"text", b"- a", b"!!python/name:os.system"])
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes(content)
    with pytest.raises(OptionError) as caught:
        load_profile(str(path))
    assert caught.value.code == "bad_profile"
    assert str(path) in caught.value.message


@pytest.mark.parametrize("name", sorted(file.stem for file in _profiles._SHIPPED.glob("*.yml")))
def test_every_shipped_profile_is_sound(name: str) -> None:
    loaded = load_profile(name)
    assert set(loaded.sources.values()) <= {"guide", "discovered", "assumed", "default"}
