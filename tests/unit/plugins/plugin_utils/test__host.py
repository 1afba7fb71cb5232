# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OptionError,
    PreconditionError,
    TimeLimitError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _probe, _windows, _windows_texts
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import NO_WORKING_FOLDER, Host, Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, parent_and_name, windows_path
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import FakeServer, connection_reset
from hypothesis import given
from hypothesis import strategies as st

SECRET = 'pa ss&w"ord'


def make_host(server: FakeServer, log: list[tuple[int, str]] | None = None) -> Host:
    runner = open_runner(server.connection())
    runner.pauses = (0,) * 3  # type: ignore[attr-defined]
    return Host(runner, name="JP1DB01", log=None if log is None else lambda level, text: log.append((level, text)))


def answering(**answers: tuple[int, str]) -> FakeServer:
    """A server that answers to bundles: to each command that contains a key."""

    def answer(line: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        out = b""
        for command, mark in re.findall(r"\((.*?)\)&call echo (\[\w+\.\d+\.)%\^errorlevel%\]", line):
            code, text = next((answers[key] for key in answers if key in command), (1, ""))
            out += text.encode() + f"{mark}{code}]\r\n".encode()
        return 0, out, b""

    return FakeServer(answer)


# Commands


def test_argv_is_quoted_and_finds_its_input_at_the_end() -> None:
    server = FakeServer()
    make_host(server).run([r"C:\Program Files\x.exe", "/f", "D:\\a b"], time_limit=5)
    assert server.ran == [r'@"C:\Program Files\x.exe" /f "D:\a b" <nul']
    assert not any("Send" in call for call in server.calls)


def test_a_line_goes_as_it_is() -> None:
    server = FakeServer()
    make_host(server).run(Line("a && b"), time_limit=5)
    assert server.ran == ["a && b"]
    assert "Send: 0 end" in server.calls


def test_input_leaves_the_line_alone() -> None:
    server = FakeServer(lambda line, stdin: (0, stdin, b""))
    assert make_host(server).run(["importdb.exe"], time_limit=5, stdin=b"x\r\n").stdout == "x\n"
    assert server.ran == ["importdb.exe"]


def test_a_working_folder_comes_first() -> None:
    server = FakeServer()
    make_host(server).run(["SETUP.EXE", "/s"], time_limit=5, working_folder="D:/JP1 media")
    assert server.ran == [f'cd /d "D:\\JP1 media"||exit {NO_WORKING_FOLDER}&SETUP.EXE /s <nul']


def test_a_plain_text_is_no_command() -> None:
    with pytest.raises(TypeError):
        make_host(FakeServer()).run("ver", time_limit=5)


def test_output_is_decoded_and_streamed_by_lines() -> None:
    output = "進行 50%\r\n".encode("cp932") + "終了".encode()
    seen: list[str] = []
    result = make_host(FakeServer(lambda line, stdin: (0, output, b""))).run(["x"], time_limit=5, on_output=seen.append)
    assert result.stdout == "進行 50%\n終了"
    assert result.stdout_bytes == output
    assert seen == ["進行 50%", "終了"]


def test_secrets_are_seen_nowhere() -> None:
    log: list[tuple[int, str]] = []
    server = FakeServer(lambda line, stdin: (1, f"bad key {SECRET}".encode(), SECRET.encode()))
    host = make_host(server, log)
    seen: list[str] = []
    result = host.run(["x.exe", "/key", SECRET], time_limit=5, secrets=[SECRET], on_output=seen.append)
    assert 'w\\^"ord' in server.ran[0]
    text = repr((result, log, seen))
    assert "ord" not in text
    assert "********" in text

    server.faults["Receive"] = [connection_reset() for _attempt in range(9)]
    with pytest.raises(ConnectionLostError) as caught:
        host.run(["x.exe", "/key", SECRET], time_limit=5, secrets=[SECRET])
    assert "ord" not in repr(caught.value.as_result()).replace("password", "")
    assert caught.value.evidence["command"] == 'x.exe /key "********" <nul'


def test_results_show_text_only() -> None:
    assert "bytes" not in repr(make_host(FakeServer()).run(["x"], time_limit=5))


# Questions


def test_many_questions_are_one_command() -> None:
    server = answering(fsutil=(0, "a : 10\r\nb : 20\r\nc : 9\r\n"), netstat=(0, "  TCP  0.0.0.0:135  0.0.0.0:0  X  4\r\n"))
    answers = make_host(server).ask(disk=_windows.disk("D:"), ports=_windows.listening_ports(), exists=_windows.folder_exists("D:\\x"))
    assert (answers.disk.free, answers.disk.total, answers.ports, answers.exists) == (9, 20, {135}, False)
    assert len(server.ran) == 1


def test_more_questions_than_a_line_takes_are_split() -> None:
    server = answering(exist=(0, "#\r\n"))
    probes = {f"p{index}": _windows.folder_exists(f"D:\\{'x' * 100}{index}") for index in range(150)}
    answers = make_host(server).ask(**probes)
    assert all(vars(answers).values())
    assert len(vars(answers)) == 150
    assert 2 < len(server.ran) < 10
    assert all(len(line) <= 8000 for line in server.ran)


def test_no_question_costs_nothing() -> None:
    server = FakeServer()
    make_host(server).ask()
    assert server.calls == []


def test_an_answer_that_does_not_come_is_named(no_waiting: list[float]) -> None:
    server = FakeServer(lambda line, stdin: (255, b"", b"syntax error"))
    with pytest.raises(CommandError) as caught:
        make_host(server).ask(ports=_windows.listening_ports())
    assert caught.value.code == "probe_failed"
    assert "'ports'" in caught.value.message
    assert "syntax error" in caught.value.evidence["stderr"]


def test_an_answer_that_was_cut_off_is_asked_for_again(no_waiting: list[float]) -> None:
    """As by a server that shuts down."""
    whole = answering(ver=(0, "6.1.7601\n")).answer
    cut_off = [b"", b"[beef"]
    host = make_host(FakeServer(lambda line, stdin: (1, cut_off.pop(), b"") if cut_off else whole(line, stdin)))
    assert host.ask(version=_windows.os_version()).version.version == "6.1.7601"
    assert sum(no_waiting) > 4


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=30)), max_size=8))
def test_bundled_answers_are_told_apart(answers: list[tuple[int, bytes]]) -> None:
    output = b"".join(b"%s[abcd1234.%d.%d]\r\n" % (data, index, code) for index, (code, data) in enumerate(answers))
    assert _probe.unbundle(output, "abcd1234") == dict(enumerate(answers))


@given(st.binary())
def test_any_output_can_be_unbundled(output: bytes) -> None:
    assert isinstance(_probe.unbundle(output, "abcd1234"), dict)


ALL_PROBES: dict[str, _probe.Probe[Any]] = {
    "services": _windows.services(["JP1_*", "Spooler", "My Service"]),
    "registry": _windows.registry("HKLM\\SOFTWARE\\a b", 32, recurse=True),
    "uninstall_entries": _windows.uninstall_entries(64),
    "disk": _windows.disk("c:\\x"),
    "free_bytes": _windows.free_bytes("\\\\nas\\back up\\x"),
    "file_exists": _windows.file_exists("C:\\a (x86)\\b & c"),
    "file_digest": _windows.file_digest("C:\\a (x86)\\b & c"),
    "folder_exists": _windows.folder_exists("C:\\"),
    "folder": _windows.folder("C:\\50% of\\it"),
    "file_text": _windows.file_text("C:\\a\\b.log"),
    "text_files": _windows.text_files("C:\\a (x86)\\b & c", "*.json"),
    "listening_ports": _windows.listening_ports(),
    "os_times": _windows.os_times(),
    "os_version": _windows.os_version(),
    "pending_restart": _windows.pending_restart(),
    "running_processes": _windows.running_processes(["SETUP.EXE"]),
    "elevated": _windows.elevated(),
    "cluster": _windows.cluster(),
    "tools": _windows.tools(["sc", "certutil.exe"]),
    "environment_variables": _windows.environment_variables(["ProgramFiles(x86)"]),
    "tree": _windows_texts.tree("C:\\a (x86)"),
    "texts": _windows_texts.texts("C:\\a (x86)", ["a.log", "b (1).log"]),
    "text_from": _windows_texts.text_from("C:\\a (x86)\\b.log", 123456),
    "event_log": _windows_texts.event_log("System", 200),
}


@pytest.mark.parametrize("name", ALL_PROBES)
def test_probes_take_any_answer(name: str) -> None:
    @given(st.integers(), st.text())
    def check(exit_code: int, text: str) -> None:
        ALL_PROBES[name].parse(_probe.Answer(exit_code, text))

    check()


@pytest.mark.parametrize("name", ALL_PROBES)
def test_probes_fit_into_parentheses(name: str) -> None:
    depth = 0
    outside = re.sub(r'"[^"]*"|\^.', "", ALL_PROBES[name].command)
    for character in outside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def test_free_bytes_of_drives_and_shares() -> None:
    assert _windows.free_bytes("d:/x").command == "fsutil volume diskfree d:"
    share = _windows.free_bytes("\\\\nas\\back up\\x")
    assert share.command == r'dir /-c "\\nas\back up"'
    assert share.parse(_probe.Answer(0, " 2 Dir(s)  500 bytes free\n")) == 500
    assert share.parse(_probe.Answer(1, "Volume Serial Number is 4300-0000\n")) is None


def test_probes_without_names_ask_nothing() -> None:
    assert _windows.services([]).parse(_probe.Answer(0, "")) == []
    assert _windows.tools([]).parse(_probe.Answer(0, "")) == []
    assert _windows.environment_variables([]).parse(_probe.Answer(0, "")) == {}


@pytest.mark.parametrize("name", ["a b", "a&b", "..\\x", ""])
def test_tools_are_names(name: str) -> None:
    with pytest.raises(OptionError):
        _windows.tools([name])


# Paths and files


@pytest.mark.parametrize("path", ["", "x", "C:x", "\\x", "C:\\a*b", "C:\\a?", "C:\\a:b", 'C:\\"', "C:\\a\nb", "\\\\x", "/a"])
def test_paths_are_absolute_and_without_wildcards(path: str) -> None:
    with pytest.raises(OptionError) as caught:
        windows_path(path)
    assert caught.value.code == "bad_path"


def test_paths_are_made_uniform() -> None:
    assert windows_path("D:/JP1/./backup/x/../") == "D:\\JP1\\backup"
    assert windows_path("c:\\") == "c:\\"
    assert windows_path("\\\\server\\share\\x\\") == "\\\\server\\share\\x"
    assert folder_test("D:\\") == '"D:\\"'
    assert folder_test("D:\\100%") == '"D:\\100%\\"'
    assert parent_and_name("D:\\a\\b.txt") == ("D:\\a", "b.txt")
    with pytest.raises(OptionError):
        parent_and_name("D:\\")


@pytest.mark.parametrize("path", ["C:\\", "C:\\Windows", "D:\\JP1\\.."])
def test_near_the_root_nothing_is_removed(path: str) -> None:
    server = FakeServer()
    with pytest.raises(OptionError):
        make_host(server).remove_folder(path)
    assert server.ran == []


@pytest.mark.parametrize(
    ("exit_code", "code"),
    [(2, "file_missing"), (3, "folder_missing"), (336, "is_a_folder"), (183, "file_exists"), (1223, "guard_missing")],
)
def test_problems_have_codes(exit_code: int, code: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        make_host(FakeServer(lambda line, stdin: (exit_code, b"", b""))).hash_folder("D:\\x")
    assert caught.value.code == code


def test_owner_only_rights_come_before_the_content() -> None:
    server = FakeServer(lambda line, stdin: (5, b"", b"access denied"))
    with pytest.raises(CommandError):
        make_host(server).write_file("D:\\x\\secret.txt", b"s", owner_only=True)
    line = server.ran[0]
    assert line.index("icacls") < line.index("find /v")
    assert line.count("*S-1-5-18:F") == line.count("*S-1-5-32-544:F") == 2
    assert "&del /f /q " in server.ran[-1]


def test_a_file_is_written_in_one_round_trip_and_compared_before_it_is_in_its_place() -> None:
    server = FakeServer()
    make_host(server).write_file("D:\\x\\a.txt", b"data")
    (line,) = server.ran
    digest = hashlib.sha256(b"data").hexdigest()
    steps = ("certutil -f -decode", f'find /i "{digest}"', f'find /i "{" ".join(re.findall("..", digest))}"', "||exit 23)", "move /y")
    places = [line.rindex(step) for step in steps]
    assert places == sorted(places)


def test_a_file_that_arrives_damaged_is_told_and_removed() -> None:
    server = FakeServer(lambda line, stdin: (23 if "move" in line else 0, b"", b""))
    with pytest.raises(VerificationError, match="differs") as caught:
        make_host(server).write_file("D:\\x\\a.txt", b"data")
    assert caught.value.code == "file_changed"
    assert "&del /f /q " in server.ran[-1]


def test_a_folder_is_made_anew_and_filled_in_one_round_trip() -> None:
    files = {"run.cmd": "日本".encode("cp932"), "empty.txt": b"", "stdin.txt": b"secret" * 50}
    digest = hashlib.sha256(files["run.cmd"] + files["stdin.txt"]).hexdigest()
    given: list[str] = []

    def answer(line: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        given.append(stdin.decode())
        return 0, digest.encode(), b""

    server = FakeServer(answer)
    make_host(server).write_folder("D:\\x\\job", files, unless="started")
    (line,) = server.ran
    assert line.index("\\started") < line.index("rmdir") < line.index("mkdir") < line.index("icacls") < line.index("find")
    assert line.count("*S-1-5-18:(OI)(CI)F") == 1
    assert "type nul>empty.txt" in line
    assert all(re.fullmatch(r"(run.cmd|stdin.txt):[-A-Za-z0-9+/= ]{1,64}", text) for text in given[0].split("\r\n")[:-1])


def test_a_folder_that_arrives_damaged_is_told() -> None:
    server = FakeServer(lambda line, stdin: (0, b"00" * 32, b""))
    with pytest.raises(VerificationError) as caught:
        make_host(server).write_folder("D:\\x\\job", {"a.txt": b"1"}, unless="started")
    assert caught.value.code == "file_changed"


def test_a_folder_that_is_in_use_is_left_alone() -> None:
    server = FakeServer(lambda line, stdin: (183, b"", b""))
    with pytest.raises(PreconditionError) as caught:
        make_host(server).write_folder("D:\\x\\job", {"a.txt": b"1"}, unless="started")
    assert caught.value.code == "file_exists"


GUARD = "D:\\lock\\0123.json"


def test_a_guard_is_looked_at_in_the_line_that_writes() -> None:
    """Between two lines the file that allows the change may go."""
    server = FakeServer()
    make_host(server).write_file("D:\\x\\a.txt", b"data", guard=GUARD)
    (line,) = server.ran
    assert line.index(f'if not exist "{GUARD}" exit 1223') < line.index("find /v") < line.index("move /y")


def test_without_its_guard_nothing_is_written() -> None:
    server = FakeServer(lambda line, stdin: (1223 if GUARD in line else 0, b"", b""))
    with pytest.raises(PreconditionError, match=r"D:\\x\\a.txt on JP1DB01 was left as it is") as caught:
        make_host(server).write_file("D:\\x\\a.txt", b"data", guard=GUARD)
    assert caught.value.code == "guard_missing"
    assert "&del /f /q " in server.ran[-1]


def test_without_its_guard_nothing_is_removed() -> None:
    server = FakeServer()
    make_host(server).remove_folder("D:\\x\\y", guard=GUARD)
    assert server.ran[0].index(f'if not exist "{GUARD}" exit 1223') < server.ran[0].index("rmdir")


@pytest.mark.parametrize("name", ["write", "remove"])
def test_who_names_no_guard_needs_none(name: str) -> None:
    server = FakeServer()
    if name == "write":
        make_host(server).write_file("D:\\x\\a.txt", b"data")
    else:
        make_host(server).remove_folder("D:\\x\\y")
    assert not any("1223" in line for line in server.ran)


def told(text: str) -> dict[str, str] | None:
    files: dict[str, str] | None = make_host(answering(pushd=(0, text))).ask(files=_windows.text_files("D:\\x", "*.json")).files
    return files


def test_text_files_come_by_their_names() -> None:
    assert told('#\r\n#000001.json\r\n{"a": "#"}\r\n#000002.json\r\n{"b": 2}\r\n') == {
        "000001.json": '{"a": "#"}\n',
        "000002.json": '{"b": 2}\n',
    }


def test_a_text_without_its_end_is_not_taken_for_another_one() -> None:
    assert told("#\r\n#000001.json\r\n#000002.json\r\n{") == {"000001.json": "", "000002.json": "{"}
    assert told('#\r\n#000001.json\r\n{"a#000002.json\r\n{}\r\n') == {"000001.json": '{"a#000002.json\n{}\n'}


def test_no_folder_and_no_file_are_told_apart() -> None:
    assert told("") is None
    assert told("#\r\n") == {}


def test_a_file_that_is_not_there_is_not_shown() -> None:
    """cmd.exe also repeats for a name without wildcards that no file has."""
    assert 'do @if exist "%f" (echo #%f&type "%f")' in _windows.text_files("D:\\x", "run.json").command


# Services


class Services:
    """sc.exe for one service that changes its state after some looks."""

    def __init__(self, state: int, then: list[int], code: int = 0, exit_code: int = 0) -> None:
        self.state, self.then, self.code, self.exit_code = state, then, code, exit_code
        self.asked: list[str] = []

    def __call__(self, line: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        if line.startswith("sc "):
            self.asked.append(line.split()[1])
            return self.code, b"", b""
        mark = re.search(r"\[\w+\.0\.", line)
        assert mark
        text = (
            f"#X\r\n\r\nSERVICE_NAME: X\r\n        T : 10  W\r\n        S : {self.state}  Z\r\n"
            f"        W : {self.exit_code}  (0x0)\r\n        S : 42  (0x0)\r\n#\r\n{mark.group()}0]\r\n"
        )
        if self.asked and self.then:
            self.state = self.then.pop(0)
        return 0, text.encode(), b""


def service_host(sc: Services) -> Host:
    host = make_host(FakeServer(sc))
    host.service_poll = (0.0, 0.0)
    return host


def test_a_service_is_started_once_and_awaited() -> None:
    sc = Services(2, [4], code=1056)  # someone else has just started it
    assert service_host(sc).start_service("X", 5).state == "running"
    assert sc.asked == ["start"]


def test_a_running_service_is_left_alone() -> None:
    sc = Services(4, [])
    assert service_host(sc).start_service("X", 5).state == "running"
    assert sc.asked == []


def test_a_service_that_refuses_tells_its_codes() -> None:
    sc = Services(1, [], exit_code=1066)
    with pytest.raises(CommandError) as caught:
        service_host(sc).start_service("X", 5)
    assert caught.value.code == "service_not_started"
    assert (caught.value.evidence["exit_code"], caught.value.evidence["service_exit_code"]) == (1066, 42)


def test_a_service_that_can_not_be_stopped() -> None:
    with pytest.raises(CommandError) as caught:
        service_host(Services(4, [], code=1051)).stop_service("X", 5)
    assert caught.value.code == "service_not_stopped"
    assert caught.value.evidence["sc_exit_code"] == 1051


def test_a_service_that_hangs() -> None:
    with pytest.raises(TimeLimitError) as caught:
        service_host(Services(4, [3])).stop_service("X", 0.3)
    assert caught.value.evidence["state"] == "stop_pending"


def test_a_service_that_is_just_starting_is_stopped_later() -> None:
    sc = Services(2, [2, 2, 4, 4, 1], code=1061)

    assert service_host(sc).stop_service("X", 5).state == "stopped"
    assert len(sc.asked) > 1


def test_a_missing_service_is_named() -> None:
    with pytest.raises(PreconditionError) as caught:
        make_host(answering()).start_service("NOPE", 5)
    assert caught.value.code == "service_missing"
