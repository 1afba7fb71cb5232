# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire against real hosts of the lab, through each of Ansible's own connections.

The tests write below D:\\wire on this process's database server and stop services there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    PreconditionError,
    TimeLimitError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import NO_WORKING_FOLDER, Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

from tests.integration.lab_system import DATABASE, NUMBER
from tests.integration.wire.lab_host import LabHost, lab_variables, patience
from tests.integration.wire.transports import cases
from tests.lab.control.lab import Lab

NAME = DATABASE
FOLDER = "D:\\wire"
PROGRAM = FOLDER + "\\a (x86) & 100% b^c!\\tell 日本.exe"
COUNTER = FOLDER + "\\counter.txt"
MODES = [(wrap, skip) for wrap in ("quoted", "bare") for skip in ("honor", "ignore")]
NAMES = [
    "plain.txt",
    "a b.txt",
    "日本語 表ソ.pkg",
    "a&b.txt",
    "50% (x).txt",
    "x^y!z!.txt",
    "(x86) [1].txt",
    "it's;=,@#~.txt",
]
TOO_MANY_OPERATIONS = 0x803381A6


@pytest.fixture(scope="module", autouse=True)
def first_state(lab: Lab) -> None:
    """The system as after C(up)."""
    lab.reset(NUMBER)


@pytest.fixture(scope="module")
def program(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that tells what it sees, in a folder with a difficult name, brought there over the wire."""
    built = tmp_path_factory.mktemp("tell") / "tell.exe"
    source = Path(__file__).with_name("tell.c")
    compiler = os.environ.get("CC64", "x86_64-w64-mingw32-gcc")
    subprocess.run([compiler, "-municode", "-Os", "-s", "-o", built, source], check=True)
    host = LabHost(lab_variables(lab, NAME))
    host.remove_folder(FOLDER + "\\a (x86) & 100% b^c!")
    host.make_folder(PROGRAM.rpartition("\\")[0])
    host.write_file(PROGRAM, built.read_bytes())
    host.disconnect()
    return PROGRAM


@pytest.fixture
def connect(lab: Lab, transport: str) -> Iterator[Callable[..., LabHost]]:
    """Makes hosts with their own connections and closes them at the end."""
    lab.clear_faults(NAME)
    hosts: list[LabHost] = []

    def make(environment: dict[str, str] | None = None, **variables: Any) -> LabHost:
        hosts.append(LabHost({**lab_variables(lab, NAME, transport), **variables}, environment))
        return hosts[-1]

    yield make
    lab.clear_faults(NAME)
    for host in hosts:
        with contextlib.suppress(Exception):  # the test may have broken the connection
            host.disconnect()


@pytest.fixture
def host(connect: Callable[..., LabHost]) -> LabHost:
    """A host in the lab's default mode, with quick repetitions."""
    host = connect()
    host.runner.pauses = (0.1, 0.2, 0.5)  # type: ignore[attr-defined]
    return host


@pytest.fixture(params=["-".join(mode) for mode in MODES])
def any_host(request: pytest.FixtureRequest, lab: Lab, connect: Callable[..., LabHost]) -> LabHost:
    """A host in each of the ways in which a server may run a command line."""
    wrap, skip = request.param.split("-")
    lab.endpoint(NAME, wrap=wrap, skip_shell=skip)
    return connect()


def messages(lab: Lab, since: int = 0) -> list[str]:
    """The kinds of messages that the host got."""
    return [entry["action"] for entry in lab.wire_log(NAME)[since:] if entry.get("action")]


# In every mode


def test_exit_codes(any_host: LabHost, program: str) -> None:
    for code in (0, 1, 255, 256, 3010, 70000, -1, -1073741819):
        assert any_host.run([program, "exit", str(code)], time_limit=30).exit_code == code


def test_arguments(any_host: LabHost, program: str) -> None:
    words = [
        "plain", "a b", "", "日本語 表ソ", "a&b|c<d>e", "(x86)", "^caret^ x", "!bang!", "%PATH%", "100%", "% % %%",
        "%PATH:~0,3%", "%", "%TEMP%\\x y\\", "C:\\dir\\", "C:\\dir with space\\", "a\\\\b", 'say "hi"', '"', '\\"',
        'a"b&c"d', '50%"%PATH%" & x', "a;b,c=d", "/x=1",
        "'single'", "~@#$*?[]{}", "-e", "日本 & \"表\"",
    ]  # fmt: skip
    result = any_host.run([program, "arguments", *words], time_limit=30)
    assert result.stdout.split("\n")[:-1] == words


def test_lines(any_host: LabHost, program: str) -> None:
    quoted = f'"{FOLDER}\\..\\wire\\a (x86) & 100% b^c!\\tell 日本.exe"'
    assert any_host.run(Line(f"{quoted} exit 7"), time_limit=30).exit_code == 7
    assert any_host.run(Line(f'{quoted} arguments "x y"'), time_limit=30).stdout == "x y\n"
    assert any_host.run(Line("echo one&&echo two"), time_limit=30).stdout == "one\ntwo\n"
    assert any_host.run(Line("(echo out)&(echo err 1>&2)"), time_limit=30).stderr.strip() == "err"


def test_input(any_host: LabHost, program: str) -> None:
    data = bytes(range(256)) * 1200
    result = any_host.run([program, "stdin"], time_limit=60, stdin=data)
    assert result.stdout_bytes == data
    assert any_host.run([program, "stdin"], time_limit=30).stdout_bytes == b""
    assert any_host.run(Line(f'@"{program}" stdin'), time_limit=30).stdout_bytes == b""


def test_working_folder(any_host: LabHost, program: str) -> None:
    folder = program.rpartition("\\")[0]
    assert any_host.run(["cmd", "/c", "cd"], time_limit=30, working_folder=folder).stdout.strip() == folder
    assert any_host.run(["cmd", "/c", "cd"], time_limit=30, working_folder="D:\\nope x").exit_code == NO_WORKING_FOLDER


def test_files(any_host: LabHost, program: str) -> None:
    folder = FOLDER + "\\files 50% & (x)"
    any_host.remove_folder(folder)
    any_host.remove_folder(folder)
    any_host.make_folder(folder + "\\sub")
    contents = {name: name.encode() * (index + 1) for index, name in enumerate(NAMES)}
    for name, data in contents.items():
        any_host.write_file(f"{folder}\\{name}", data)
    any_host.write_file(f"{folder}\\sub\\empty", b"")
    twice = f"{folder}\\sub\\%TEMP% %f.txt"
    any_host.run(Line(f"echo x>{quote(twice)}"), time_limit=30)
    assert [item.name for item in any_host.list_folder(folder)] == sorted([*NAMES, "sub"], key=str.lower)
    entries = {entry.path: (entry.size, entry.sha256) for entry in any_host.hash_folder(folder)}
    expected = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}
    expected_below = {
        "sub\\empty": (0, hashlib.sha256(b"").hexdigest()),
        "sub\\%TEMP% %f.txt": (3, hashlib.sha256(b"x\r\n").hexdigest()),
    }
    assert entries == {**expected, **expected_below}
    name = NAMES[4]
    assert any_host.read_file(f"{folder}\\{name}") == contents[name]
    assert any_host.hash_file(f"{folder}\\{name}").sha256 == expected[name][1]
    any_host.move(f"{folder}\\{name}", f"{folder}\\sub\\moved 表.txt")
    assert any_host.read_file(f"{folder}\\sub\\moved 表.txt") == contents[name]
    any_host.remove_file(f"{folder}\\sub\\moved 表.txt")
    any_host.remove_file(f"{folder}\\sub\\moved 表.txt")
    answers = any_host.ask(
        there=_windows.file_exists(f"{folder}\\{NAMES[5]}"),
        gone=_windows.file_exists(f"{folder}\\sub\\moved 表.txt"),
        no_file=_windows.file_exists(folder),
        folder=_windows.folder_exists(folder),
        no_folder=_windows.folder_exists(f"{folder}\\{NAMES[5]}"),
        text=_windows.file_text(f"{folder}\\{NAMES[2]}", limit=6),
        no_text=_windows.file_text(f"{folder}\\nope"),
    )
    assert vars(answers) == {
        "there": True,
        "gone": False,
        "no_file": False,
        "folder": True,
        "no_folder": False,
        "text": NAMES[2][-5:] + "\n",
        "no_text": None,
    }


def test_questions(any_host: LabHost, lab: Lab, transport: str) -> None:
    start = len(lab.wire_log(NAME))
    answers = any_host.ask(
        services=_windows.services(["JP1_*"]),
        literal=_windows.services(["JP1_ITDM_DB", "NOPE"]),
        disk=_windows.disk("D:"),
        no_disk=_windows.disk("Q:"),
        ports=_windows.listening_ports(),
        times=_windows.os_times(),
        version=_windows.os_version(),
        restart=_windows.pending_restart(),
        processes=_windows.running_processes(["SERVICES.EXE"]),
        elevated=_windows.elevated(),
        cluster=_windows.cluster(),
        tools=_windows.tools(["sc", "certutil.exe", "nope"]),
        variables=_windows.environment_variables(["ProgramFiles(x86)", "nope"]),
        uninstall=_windows.uninstall_entries(32),
        no_key=_windows.registry("HKLM\\SOFTWARE\\Nope"),
    )
    (service,) = answers.services
    assert answers.literal == [service]
    assert (service.name, service.state, service.start_type) == ("JP1_ITDM_DB", "running", "auto")
    assert service.pid > 0
    assert service.display_name.startswith("JP1/ITDM")
    assert (answers.disk.free, answers.disk.total, answers.no_disk) == (60_000_000_000, 100_000_000_000, None)
    assert 31006 in answers.ports
    assert abs(answers.times.clock.timestamp() - time.time()) < 60
    assert answers.times.boot_time < answers.times.clock
    assert answers.version.version.count(".") >= 2
    assert (answers.restart, answers.elevated, answers.cluster, answers.tools) == ([], True, False, ["nope"])
    assert len(answers.processes) == 1
    assert answers.variables == {"ProgramFiles(x86)": "C:\\Program Files (x86)"}
    assert [entry.version for entry in answers.uninstall if "JP1" in entry.name] == [lab.state().version]
    assert answers.no_key == {}
    assert messages(lab, start).count("Command") == {"ssh": 2}.get(transport, 1)  # the line is longer there
    assert messages(lab, start).count("Receive") < 40


def test_registry_views(any_host: LabHost) -> None:
    key = "HKLM\\SOFTWARE\\Wire 50% (x86) &x"
    for view, number in ((32, "1"), (64, "2")):
        done = any_host.run(["reg", "add", key + "\\Sub", "/v", "a b", "/d", "1 表", "/f", f"/reg:{view}"], time_limit=30)
        assert done.exit_code == 0
        any_host.run(["reg", "add", key, "/v", "n", "/t", "REG_DWORD", "/d", number, "/f", f"/reg:{view}"], time_limit=30)
    answers = any_host.ask(old=_windows.registry(key, 32, recurse=True), new=_windows.registry(key, 64))
    full = key.replace("HKLM", "HKEY_LOCAL_MACHINE")
    assert answers.old[full]["n"].number == 1
    assert answers.new[full]["n"].number == 2
    assert answers.old[full + "\\Sub"]["a b"].data in ("1 表", "1 ?")  # an English Wine's reg has no Japanese
    assert answers.new[full + "\\Sub"] == {}
    for view in (32, 64):
        any_host.run(["reg", "delete", key, "/f", f"/reg:{view}"], time_limit=30)


# Files, services, environment


def test_large_files_are_whole(host: LabHost) -> None:
    data = os.urandom(3_000_000)
    path = FOLDER + "\\large.bin"
    host.remove_file(path)
    host.write_file(path, data)
    assert host.hash_file(path).sha256 == hashlib.sha256(data).hexdigest()
    assert host.read_file(path) == data


def test_writing_replaces_only_when_told(host: LabHost) -> None:
    path = FOLDER + "\\twice.txt"
    host.remove_file(path)
    host.write_file(path, b"1")
    with pytest.raises(PreconditionError) as caught:
        host.write_file(path, b"2")
    assert caught.value.code == "file_exists"
    host.write_file(path, b"3", replace=True)
    assert host.read_file(path) == b"3"
    host.write_file(path, b"", replace=True)
    assert host.read_file(path) == b""
    with pytest.raises(PreconditionError) as caught:
        host.move(path, path)
    assert caught.value.code == "file_exists"
    assert [item.name for item in host.list_folder(FOLDER) if "twice" in item.name] == ["twice.txt"]


def test_missing_files_are_named(host: LabHost) -> None:
    for operation, code in (
        (lambda: host.read_file(FOLDER + "\\nope"), "file_missing"),
        (lambda: host.read_file(FOLDER), "is_a_folder"),
        (lambda: host.hash_file(FOLDER + "\\nope"), "file_missing"),
        (lambda: host.hash_folder(FOLDER + "\\nope"), "folder_missing"),
        (lambda: host.list_folder(FOLDER + "\\nope"), "folder_missing"),
        (lambda: host.move(FOLDER + "\\nope", FOLDER + "\\x"), "file_missing"),
        (lambda: host.remove_file(FOLDER), "is_a_folder"),
        (lambda: host.write_file(FOLDER + "\\nope\\x.txt", b"x"), "folder_missing"),
        (lambda: host.write_file(FOLDER, b"x"), "is_a_folder"),
    ):
        with pytest.raises(PreconditionError) as caught:
            operation()
        assert caught.value.code == code


def test_owner_only(host: LabHost) -> None:
    folder, file = FOLDER + "\\owner", FOLDER + "\\owner\\secret 50%.txt"
    host.make_folder(folder, owner_only=True)
    host.write_file(file, b"secret", owner_only=True, replace=True)
    rights = host.run(["icacls", folder], time_limit=30).stdout
    assert "(OI)(CI)(F)" in rights
    assert "Users" not in rights
    assert host.read_file(file) == b"secret"


def test_a_service_stops_and_starts(host: LabHost) -> None:
    assert host.stop_service("JP1_ITDM_DB", 60).state == "stopped"
    assert host.stop_service("JP1_ITDM_DB", 60).pid == 0
    assert host.start_service("JP1_ITDM_DB", 60).state == "running"
    with pytest.raises(PreconditionError):
        host.start_service("NOPE", 5)


def test_a_service_that_does_not_start(host: LabHost, lab: Lab) -> None:
    host.stop_service("JP1_ITDM_DB", 60)
    lab.fault(NAME, "service:JP1_ITDM_DB", start="fail", exit_code=42)
    with pytest.raises(CommandError) as caught:
        host.start_service("JP1_ITDM_DB", 60)
    assert (caught.value.code, caught.value.evidence["service_exit_code"]) == ("service_not_started", 42)
    lab.clear_faults(NAME)
    host.start_service("JP1_ITDM_DB", 60)


def test_environment_reaches_commands(connect: Callable[..., LabHost], lab: Lab, transport: str) -> None:
    host = connect(environment={"LAB_CANARY": "値 & (x) ^ 50%"})
    assert host.ask(v=_windows.environment_variables(["LAB_CANARY"])).v == {"LAB_CANARY": "値 & (x) ^ 50%"}
    start = len(lab.wire_log(NAME))
    host.disconnect()
    assert messages(lab, start) == {"winrm": ["Delete", "Delete"], "psrp": ["Delete"], "ssh": []}[transport]


def test_other_encodings(host: LabHost, program: str) -> None:
    path = FOLDER + "\\cp932.txt"
    text = "進行状況 表示\r\n完了".encode("cp932") + b"\r\n\xff\xfe\x80"
    host.write_file(path, text, replace=True)
    assert host.run([program, "stdin"], time_limit=30, stdin=text).stdout.startswith("進行状況 表示\n完了\n")
    assert host.ask(text=_windows.file_text(path)).text.startswith("進行状況 表示\n完了\n")
    assert host.read_file(path) == text


def test_one_probe_costs_three_messages(host: LabHost, lab: Lab, transport: str) -> None:
    host.ask(first=_windows.disk("C:"))
    start, before = len(lab.wire_log(NAME)), host.requests
    host.ask(disk=_windows.disk("C:"))
    sent = messages(lab, start)
    if transport == "ssh":
        assert sent == ["Command"]
    else:
        assert sent in (["Command", "Receive", "Signal"], ["Command", "Receive", "Receive", "Signal"])
    assert host.requests - before == len(sent)


# Broken connections

FAULTS: dict[str, dict[str, Any]] = {
    "start not received": {"kind": "drop_before", "action": "Command"},
    "answer to start lost": {"kind": "drop_after", "action": "Command"},
    "server busy at the start": {"kind": "http", "status": 503, "action": "Command"},
    "quota": {"kind": "wsman", "code": 2150859174, "wmi_code": TOO_MANY_OPERATIONS, "action": "Command"},
    "shell gone at the start": {"kind": "shell_gone", "action": "Command"},
    "output not asked for": {"kind": "drop_before", "action": "Receive"},
    "output lost": {"kind": "drop_after", "action": "Receive"},
    "server busy at reading": {"kind": "http", "status": 503, "action": "Receive"},
    "shell gone at reading": {"kind": "shell_gone", "action": "Receive"},
    "end not received": {"kind": "drop_before", "action": "Signal"},
    "answer to end lost": {"kind": "drop_after", "action": "Signal"},
}


@pytest.mark.parametrize(("transport", "fault"), cases(FAULTS), indirect=["transport"])
def test_probes_recover(host: LabHost, lab: Lab, fault: str) -> None:
    assert host.ask(disk=_windows.disk("C:")).disk
    lab.wire_fault(NAME, **FAULTS[fault])
    for _ in range(3):
        assert host.ask(disk=_windows.disk("C:")).disk.total == 100_000_000_000


@pytest.mark.parametrize(("transport", "fault"), cases(FAULTS), indirect=["transport"])
def test_changes_never_run_twice(host: LabHost, lab: Lab, program: str, fault: str) -> None:
    host.remove_file(COUNTER)
    lab.wire_fault(NAME, **FAULTS[fault])
    try:
        result = host.run([program, "ticks", "3", "100", COUNTER], time_limit=60)
        assert result.exit_code == 5
        if result.complete:
            assert result.stdout == "1\n2\n3\n"
        outcome = "ended"
    except ConnectionLostError as error:
        outcome = error.code
    lab.clear_faults(NAME)
    time.sleep(0.5)
    ran = host.ask(text=_windows.file_text(COUNTER)).text
    if outcome == "ended":
        assert ran == "ran\n"
    else:
        assert outcome == "answer_lost"
        assert ran in (None, "ran\n")
    expected = {"start not received", "answer to start lost", "shell gone at reading"}
    assert (outcome == "answer_lost") == (fault in expected)


def test_output_is_read_on_after_breaks(host: LabHost, lab: Lab, program: str) -> None:
    lab.wire_fault(NAME, kind="drop_before", action="Receive", skip=2)
    lab.wire_fault(NAME, kind="http", status=503, action="Receive", skip=4)
    assert not streamed(host, program)


def test_output_is_streamed(host: LabHost, program: str) -> None:
    assert streamed(host, program)


def streamed(host: LabHost, program: str) -> bool:
    """Whether all output arrived; and see that it arrived while the command ran."""
    seen: list[tuple[float, str]] = []
    start = time.monotonic()
    command = [program, "ticks", "10", "300", COUNTER]
    result = host.run(command, time_limit=60, on_output=lambda line: seen.append((time.monotonic() - start, line)))
    assert result.exit_code == 5
    assert [line for _time, line in seen] == [str(number) for number in range(1, 11)]
    assert seen[-1][0] - seen[2][0] > 1  # 2.1 s between them; none, when all comes at the end
    return result.complete


def test_silent_commands_outlive_long_polls(connect: Callable[..., LabHost], program: str, transport: str) -> None:
    host = connect(**patience(transport, 1, 5))
    assert host.run([program, "ticks", "1", "3500", COUNTER], time_limit=60).exit_code == 5


def test_silent_commands_outlive_lost_answers(connect: Callable[..., LabHost], lab: Lab, program: str, transport: str) -> None:
    host = connect(**patience(transport, 1, 5))
    lab.wire_fault(NAME, kind="delay", seconds=8, action="Receive", skip=1)
    assert host.run([program, "ticks", "3", "1000", COUNTER], time_limit=60).exit_code == 5


def test_lost_answer_to_input(host: LabHost, lab: Lab, program: str) -> None:
    lab.wire_fault(NAME, kind="drop_after", action="Send")
    assert host.run([program, "stdin"], time_limit=30, stdin=b"password\r\n").stdout == "password\n"
    lab.clear_faults(NAME)
    lab.wire_fault(NAME, kind="drop_before", action="Send")
    assert host.run([program, "stdin"], time_limit=30, stdin=b"password\r\n").stdout == ""


def test_files_are_written_over_a_bad_line(host: LabHost, lab: Lab, transport: str) -> None:
    data = os.urandom(400_000)
    if transport == "ssh":
        lab.wire_fault(NAME, kind="drop_before", action="Command", skip=1)
        lab.wire_fault(NAME, kind="drop_after", action="Command", skip=3)
    else:
        lab.wire_fault(NAME, kind="drop_after", action="Send", skip=2)
        lab.wire_fault(NAME, kind="drop_before", action="Receive", skip=1)
    lab.wire_fault(NAME, kind="drop_after", action="Command", skip=1, command="move")
    host.write_file(FOLDER + "\\bad line.bin", data, replace=True)
    lab.clear_faults(NAME)
    assert host.read_file(FOLDER + "\\bad line.bin") == data


def test_a_real_quota(host: LabHost, lab: Lab) -> None:
    lab.endpoint(NAME, max_operations=3)
    for _ in range(8):
        assert host.ask(disk=_windows.disk("C:")).disk
        assert host.run(["cmd", "/c", "exit 7"], time_limit=30).exit_code == 7


def test_time_limit_ends_or_leaves_the_command(connect: Callable[..., LabHost], program: str, transport: str) -> None:
    running = _windows.running_processes(["tell 日本.exe"])
    command = [program, "ticks", "1", "8000", COUNTER]
    counts: dict[Literal["terminate", "leave"], int] = {"terminate": 0, "leave": 1}
    for on_time_limit, count in counts.items():
        host = connect()
        start = time.monotonic()
        with pytest.raises(TimeLimitError) as caught:
            host.run(command, time_limit=1, on_time_limit=on_time_limit)
        assert time.monotonic() - start < {"ssh": 15}.get(transport, 5)  # over ssh another command ends it
        assert caught.value.code == "time_limit"
        host.disconnect()
        time.sleep(0.5)
        assert len(connect().ask(running=running).running) == count, on_time_limit
    connect().run(["taskkill", "/f", "/im", "tell 日本.exe"], time_limit=30)  # the next connection's test counts, too


def test_changed_password(host: LabHost, lab: Lab) -> None:
    host.ask(disk=_windows.disk("C:"))
    start = len(lab.wire_log(NAME))
    lab.wire_fault(NAME, kind="auth", for_seconds=30)
    with pytest.raises(ConnectionLostError) as caught:
        host.ask(disk=_windows.disk("C:"))
    assert caught.value.code == "wrong_credentials"
    assert len(lab.wire_log(NAME)) - start < 12


def test_a_restart_of_the_server(connect: Callable[..., LabHost], lab: Lab, program: str, transport: str) -> None:
    host = connect(**patience(transport, 2, 5))
    host.ask(disk=_windows.disk("C:"))
    before = host.ask(times=_windows.os_times()).times.boot_time
    restart = threading.Timer(1.0, lab.power_loss, [NAME])
    restart.start()
    with pytest.raises(ConnectionLostError) as caught:
        host.run([program, "ticks", "1", "30000", COUNTER], time_limit=60)
    assert caught.value.code == "answer_lost"
    restart.join()
    assert host.ask(times=_windows.os_times()).times.boot_time > before


@pytest.mark.parametrize("known", [True, False], ids=["on the way", "at first contact"])
def test_a_server_that_is_off_is_waited_for(connect: Callable[..., LabHost], lab: Lab, known: bool) -> None:
    host = connect()
    host.runner.reconnection_time = 60
    if known:
        host.ask(disk=_windows.disk("C:"))
    lab.switch_off(NAME)
    on = threading.Timer(3, lab.switch_on, [NAME])
    on.start()
    assert host.ask(disk=_windows.disk("C:")).disk
    on.join()


# First contact


def test_wrong_password(connect: Callable[..., LabHost], lab: Lab, transport: str) -> None:
    start = len(lab.wire_log(NAME))
    with pytest.raises(ConnectionLostError) as caught:
        connect(ansible_password="wrong", ansible_ssh_private_key_file=None).ask(disk=_windows.disk("C:"))
    assert caught.value.code == "wrong_credentials"
    assert NAME in caught.value.message
    assert len(lab.wire_log(NAME)) - start <= 3  # one attempt: more could lock the account


@pytest.mark.parametrize("transport", ["ssh"], indirect=True)
def test_ssh_takes_a_password(connect: Callable[..., LabHost], lab: Lab) -> None:
    host = connect(ansible_password=lab.credentials.winrm_password, ansible_ssh_private_key_file=None)
    assert host.ask(disk=_windows.disk("C:")).disk


@pytest.mark.parametrize("transport", ["ssh"], indirect=True)
def test_an_unknown_host_key(connect: Callable[..., LabHost]) -> None:
    with pytest.raises(ConnectionLostError) as caught:
        connect(ansible_ssh_common_args="-o UserKnownHostsFile=/dev/null").ask(disk=_windows.disk("C:"))
    assert caught.value.code == "host_key_rejected"


def test_a_port_without_listener(connect: Callable[..., LabHost]) -> None:
    with pytest.raises(ConnectionLostError) as caught:
        connect(ansible_port=1).ask(disk=_windows.disk("C:"))
    assert (caught.value.code, "refused" in caught.value.message) == ("unreachable", True)


def test_an_unknown_name(connect: Callable[..., LabHost]) -> None:
    with pytest.raises(ConnectionLostError) as caught:
        connect(ansible_host="no-such-host.invalid").ask(disk=_windows.disk("C:"))
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("kind", ["expired", "other-authority", "wrong-name"])
def test_bad_certificates(connect: Callable[..., LabHost], lab: Lab, kind: str) -> None:
    lab.certificate(NAME, kind)
    try:
        deadline = time.monotonic() + 30
        code = "unreachable"
        while code in ("unreachable", "not_windows") and time.monotonic() < deadline:
            with pytest.raises(ConnectionLostError) as caught:
                connect().ask(disk=_windows.disk("C:"))
            code = caught.value.code
        assert code == "certificate_rejected"
        assert NAME in caught.value.message
    finally:
        lab.certificate(NAME)
