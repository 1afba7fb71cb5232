# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doubles of Windows programs behave as Microsoft documents, on an English and on a Japanese host."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.integration.lab.windows_host import WindowsHost, windows_host
from tests.lab.control.names import LOCALES

CHECKOUT = Path(__file__).parents[3]
WINDOWS = CHECKOUT / "tests" / "lab" / "windows"
STOPPED, RUNNING = 1, 4
TASK_XML = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId></Principal></Principals>
  <Actions><Exec>
    <Command>C:\\work\\job.cmd</Command>
    <Arguments>"a &amp; b"</Arguments>
    <WorkingDirectory>C:\\work</WorkingDirectory>
  </Exec></Actions>
</Task>"""


@pytest.fixture(scope="module", params=sorted(LOCALES))
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WindowsHost]:
    """A running host."""
    with windows_host(CHECKOUT, request.param, tmp_path_factory.mktemp(f"host-{request.param}")) as host:
        yield host


@pytest.fixture
def host(started: WindowsHost) -> WindowsHost:
    """A running host without settings of an earlier test."""
    started.settings("")
    return started


def numbers(text: str) -> list[int]:
    """The number behind the colon of each line that has one."""
    return [int(found) for found in re.findall(r" *: (\d+)(?=\D)", text)]


def test_every_stub_is_a_double_or_a_trap(host: WindowsHost) -> None:
    """Nothing that Wine only pretends to have ends silently with exit code 0."""
    listed = [line.split() for line in (WINDOWS / "doubles.txt").read_text(encoding="ascii").splitlines()]
    traps = sorted({Path(line[0]).name for line in listed if line and line[-1] == "trap"})
    for name, step in zip(traps, host.run(*(f"{trap}.exe /anything" for trap in traps)), strict=True):
        assert step.exit_code == 98, name
        assert f"{name} is a trap" in step.text.lower()


def test_sc_tells_what_services_do(host: WindowsHost) -> None:
    missing, stopped, started, again, running, stop, idle, listing = host.run(
        "sc query nosuch",
        "sc queryex Spooler",
        "sc start Spooler",
        "sc start Spooler",
        "sc queryex Spooler",
        "sc stop Spooler",
        "sc stop Spooler",
        "sc query state= all bufsize= 100000",
    )
    assert missing.exit_code == 1060
    assert missing.text.startswith("[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n")
    assert numbers(stopped.text)[:2] == [110, STOPPED]
    assert started.exit_code == 0
    assert again.exit_code == 1056
    assert "[SC] StartService FAILED 1056:" in again.text
    assert numbers(running.text)[1] == RUNNING
    assert "(STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)" in running.text
    assert numbers(running.text)[-1] > 0
    assert stop.exit_code == 0
    assert idle.exit_code == 1062
    assert listing.text.count("SERVICE_NAME: ") == listing.text.count("DISPLAY_NAME: ") > 5


def test_sc_changes_services(host: WindowsHost) -> None:
    create, twice, config, glued, start, delete, gone = host.run(
        r'sc create Tested binPath= "C:\no such.exe" start= delayed-auto DisplayName= "Tested one" depend= Spooler/RpcSs',
        r"sc create Tested binPath= C:\x.exe",
        "sc qc Tested",
        "sc config Tested start=auto",
        "sc start Tested",
        "sc delete Tested",
        "sc qc Tested",
    )
    assert (create.exit_code, create.text) == (0, "[SC] CreateService SUCCESS\n")
    assert twice.exit_code == 1073
    for text in (
        r"C:\no such.exe",
        ": 2   AUTO_START  (DELAYED)",
        ": Tested one",
        ": Spooler\n",
        ": RpcSs\n",
        ": LocalSystem",
    ):
        assert text in config.text
    assert glued.exit_code == 1639
    assert start.exit_code == 2
    assert (delete.exit_code, gone.exit_code) == (0, 1060)


def test_a_killed_service_is_stopped(host: WindowsHost) -> None:
    _, _, state, restart, _ = host.run(
        "sc start Spooler >nul",
        "taskkill /f /im spoolsv.exe >nul",
        "sc queryex Spooler",
        "sc start Spooler",
        "sc stop Spooler >nul",
    )
    assert numbers(state.text)[1:3] == [STOPPED, 1067]
    assert restart.exit_code == 0


def test_labels_and_messages_follow_the_language(host: WindowsHost) -> None:
    host.settings("[windows]\nlabels=translated\n")
    service, access = host.run("sc queryex Spooler", "sc query nosuch")
    assert "状態" in service.text if host.locale == "ja" else "STATE" not in service.text
    japanese = "指定されたサービスはインストールされたサービスとして存在しません。"
    assert (japanese if host.locale == "ja" else "The specified service does not exist") in access.text


def test_a_short_buffer_cuts_the_list(host: WindowsHost) -> None:
    (step,) = host.run("sc query state= all bufsize= 300")
    assert re.search(r"Enum: more data, need \d+ bytes start resume at index [1-9]", step.text)


def test_fsutil_prints_the_disk_figures_of_both_generations(host: WindowsHost) -> None:
    old, no_drive, other = host.run("fsutil volume diskfree C:", "fsutil volume diskfree Q:", "fsutil dirty query C:")
    assert numbers(old.text) == [60_000_000_000, 100_000_000_000, 60_000_000_000]
    assert (no_drive.exit_code, other.exit_code) == (1, 98)
    host.settings("[windows]\nfsutil=new\n[disk:D]\nfree=2399999999\ntotal=5000000000\n")
    (new,) = host.run("fsutil volume diskfree D:")
    assert [line.split(": ")[1] for line in new.text.splitlines()[:3]] == [
        "2,399,999,999 (  2.2 GB)",
        "5,000,000,000 (  4.7 GB)",
        "2,399,999,999 (  2.2 GB)",
    ]


def test_certutil_hashes_encodes_and_decodes(host: WindowsHost) -> None:
    data = bytes(range(256)) * 40
    host.write("data", data)
    host.write("empty", b"")
    hashed, empty, missing, encode, exists, decode, forced, _ = host.run(
        r"certutil -hashfile Z:\lab\data SHA256",
        r"certutil -hashfile Z:\lab\empty SHA256",
        r"certutil -hashfile Z:\lab\nosuch SHA256",
        r"certutil -encode Z:\lab\data C:\data.b64",
        r"certutil -encode Z:\lab\data C:\data.b64",
        r"certutil -decode C:\data.b64 C:\data.bin",
        r"certutil -f -decode C:\data.b64 C:\data.bin",
        r"copy /b C:\data.b64 Z:\lab\b64 >nul & copy /b C:\data.bin Z:\lab\bin >nul & del C:\data.*",
    )
    digest = hashlib.sha256(data).hexdigest()
    assert hashed.exit_code == 0
    assert hashed.text.splitlines()[1] == digest
    assert empty.exit_code == 0x800703EE - 2**32
    assert missing.exit_code == 0x80070002 - 2**32
    assert (encode.exit_code, decode.exit_code, forced.exit_code) == (0, 0, 0)
    assert exists.exit_code == 0x80070050 - 2**32
    folder = host.folder
    lines = (folder / "b64").read_bytes().split(b"\r\n")
    assert lines[0] == b"-----BEGIN CERTIFICATE-----"
    assert {len(line) for line in lines[1:-3]} == {64}
    assert base64.b64decode(b"".join(lines[1:-2])) == data == (folder / "bin").read_bytes()
    host.settings("[windows]\ncertutil=old\n")
    assert host.run(r"certutil -hashfile Z:\lab\data SHA256")[0].text.splitlines()[1] == " ".join(re.findall("..", digest))


def test_find_copies_standard_input(host: WindowsHost) -> None:
    host.write("lines", b"one\r\nTwo\nthree")
    copied, _, count, other_case, none, unquoted = host.run(
        r'find /v "" < Z:\lab\lines > Z:\lab\copied',
        r"type Z:\lab\lines >nul",
        r'find /c /v "" < Z:\lab\lines',
        r'find /i "two" Z:\lab\lines',
        r'find "four" < Z:\lab\lines',
        r"find four Z:\lab\lines",
    )
    assert (host.folder / "copied").read_bytes() == b"one\r\nTwo\r\nthree\r\n"
    assert copied.exit_code == 0
    assert count.text.strip() == "3"
    assert "\n---------- Z:\\LAB\\LINES\nTwo\n" in other_case.text
    assert (none.exit_code, unquoted.exit_code) == (1, 2)


def test_findstr(host: WindowsHost) -> None:
    host.write("text", b"alpha 1\r\nBeta 22\r\ngamma\r\n")
    steps = host.run(
        r'findstr /n "^" Z:\lab\text',
        r'findstr /r /c:"a [0-9][0-9]*$" Z:\lab\text',
        r'findstr /i /v "BETA gamma" Z:\lab\text',
        r'findstr /l "a." Z:\lab\text',
        r"findstr /g:x Z:\lab\text",
    )
    assert steps[0].text == "1:alpha 1\n2:Beta 22\n3:gamma\n"
    assert steps[1].text == "alpha 1\nBeta 22\n"
    assert steps[2].text == "alpha 1\n"
    assert [step.exit_code for step in steps] == [0, 0, 0, 1, 98]


def test_findstr_gives_names_offsets_and_all_bytes(host: WindowsHost) -> None:
    host.write("one", b"alpha\r\n\r\nbe\0ta")
    named, numbered, chosen = host.run(
        r'findstr "^" Z:\lab\one nul',
        r'findstr /o "^" Z:\lab\one',
        r'findstr /o "^" Z:\lab\one|findstr /r /c:"^[7-9]:" /c:"^[1-9][0-9]"',
    )
    assert named.text == "Z:\\lab\\one:alpha\nZ:\\lab\\one:\nZ:\\lab\\one:be\0ta\n"
    assert numbered.text == "0:alpha\n7:\n9:be\0ta\n"
    assert chosen.text == "7:\n9:be\0ta\n"


def test_wevtutil(host: WindowsHost) -> None:
    host.write("System.events", b"one\ntwo\nthree\n")
    newest, one, missing, other = host.run(
        "wevtutil qe System /c:2 /rd:true /f:text",
        "wevtutil qe Application /c:200 /rd:true /f:text",
        "wevtutil qe Nosuch /c:2 /rd:true /f:text",
        "wevtutil cl System",
    )
    assert re.findall(r"Description: \n(.*)\n", newest.text) == ["three", "two"]
    assert one.text.startswith("Event[0]:\n  Log Name: Application\n")
    assert (newest.exit_code, one.exit_code, missing.exit_code, other.exit_code) == (0, 0, 15007, 98)


def test_who_and_what_runs(host: WindowsHost) -> None:
    user, groups, services, nobody, ports, routes = host.run(
        "whoami /user /fo csv /nh",
        "whoami /groups",
        'tasklist /fo csv /nh /fi "imagename eq SERVICES.EXE"',
        'tasklist /fi "pid eq 99999"',
        "netstat -ano -p tcp",
        "netstat -r",
    )
    assert re.match(r'"jp1test\\administrator","S-1-5-21-[-0-9]+"\n', user.text)
    assert {"S-1-5-32-544", "S-1-16-12288"} <= set(re.findall(r"S-[-0-9]+", groups.text))
    assert re.match(r'"services.exe","\d+","Services","0","[\d,]+ K"\n$', services.text)
    assert nobody.exit_code == 0
    assert len(nobody.text.splitlines()) == 1
    assert (ports.exit_code, routes.exit_code) == (
        0,
        98,
    )  # listed are only the sockets of Windows programs, and here none listens
    host.settings("[windows]\nelevated=0\n")
    (limited,) = host.run("whoami /groups /fo csv /nh")
    assert "S-1-16-8192" in limited.text
    assert "S-1-16-12288" not in limited.text


def test_wmic_tells_times(host: WindowsHost) -> None:
    def times(text: str) -> list[datetime]:
        found = re.findall(r"^\w+=(\d{14})\.(\d{6})([+-]\d{3})$", text, re.MULTILINE)
        return [datetime.strptime(t + f, "%Y%m%d%H%M%S%f").replace(tzinfo=timezone(timedelta(minutes=int(zone)))) for t, f, zone in found]

    query = "wmic os get LastBootUpTime,LocalDateTime /value"
    boot, clock = times(host.run(query)[0].text)
    now = datetime.now(timezone.utc)
    assert timedelta(seconds=-2) < now - clock < timedelta(seconds=10)
    assert timedelta(0) < clock - boot < timedelta(minutes=10)
    host.settings("[windows]\nclock_offset=-3600\n")
    shifted_boot, shifted = times(host.run(query)[0].text)
    assert shifted_boot == boot - timedelta(hours=1)
    assert shifted < clock
    host.settings("[windows]\nwmic=missing\n")
    assert host.run(query)[0].exit_code == 1


def test_wmic_starts_a_process(host: WindowsHost) -> None:
    created, _, text, failed = host.run(
        r'wmic process call create "cmd /c echo here> C:\made.txt"',
        "ping -n 3 127.0.0.1 >nul",
        r"type C:\made.txt & del C:\made.txt",
        'wmic process call create "nosuch.exe"',
    )
    assert "ReturnValue = 0;" in created.text
    assert re.search(r"ProcessId = [1-9]\d*;", created.text)
    assert text.text.strip() == "here"
    assert "ReturnValue = 9;" in failed.text


def test_icacls_notes_rights(host: WindowsHost) -> None:
    _, before, change, after, nobody, missing, other, _ = host.run(
        r'mkdir "C:\a b"',
        r'icacls "C:\a b"',
        r'icacls "C:\a b" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F"',
        r'icacls "C:\a b"',
        r'icacls "C:\a b" /grant Fred:F',
        r"icacls C:\nosuch /grant *S-1-1-0:F",
        r'icacls "C:\a b" /setowner x',
        r'rmdir "C:\a b"',
    )
    assert r"BUILTIN\Users:(I)" in before.text
    assert change.exit_code == 0
    shown = [r"C:\a b NT AUTHORITY\SYSTEM:(OI)(CI)(F)", r"       BUILTIN\Administrators:(OI)(CI)(F)"]
    assert after.text.splitlines()[:2] == shown
    assert (nobody.exit_code, missing.exit_code, other.exit_code) == (1332, 2, 98)


def test_a_task_outlives_who_started_it(host: WindowsHost) -> None:
    host.write("task.xml", TASK_XML.encode("utf-16"))
    host.write("bad.xml", TASK_XML.encode())
    lines = (
        b"@echo %CD% %TEMP% %LEAK% %1> C:\\work\\out.txt",
        b"@whoami /user /nh> C:\\work\\who.txt",
        b"@ping -n 4 127.0.0.1 >nul",
        b"@exit /b 3010",
    )
    host.write("job.cmd", b"\r\n".join([*lines, b""]))
    query = r"schtasks /query /tn JP1\job /fo csv /nh /v"
    steps = host.run(
        r"mkdir C:\work & copy Z:\lab\job.cmd C:\work >nul & set LEAK=leak",
        query,
        r"schtasks /create /tn JP1\job /xml Z:\lab\task.xml /ru SYSTEM /f",
        query,
        r"schtasks /run /tn JP1\job",
        query,
        r"schtasks /create /tn bad /xml Z:\lab\bad.xml /f",
        r"schtasks /create /tn JP1\job /xml Z:\lab\task.xml < nul",
    )
    assert [step.exit_code for step in steps] == [0, 1, 0, 0, 0, 0, 1, 1]
    assert re.search(r'^"JP1TEST","\\JP1\\job","N/A",', steps[3].text)
    assert '"267011"' in steps[3].text
    assert '"267009"' in steps[5].text
    assert "S-1-5-18" in steps[3].text or "SYSTEM" in steps[3].text
    end = time.monotonic() + 20
    while '"3010"' not in (text := host.run(query)[0].text):
        assert time.monotonic() < end, text
    out, who, run, stop, ended, delete, gone = host.run(
        r"type C:\work\out.txt",
        r"type C:\work\who.txt",
        r"schtasks /run /tn JP1\job",
        r"schtasks /end /tn JP1\job",
        query,
        r"schtasks /delete /tn JP1\job /f",
        query,
    )
    assert who.text.split()[-1] == "S-1-5-18"
    assert out.text.split() == [r"C:\work", r"C:\windows\temp", '"a', "&", 'b"']
    assert (run.exit_code, stop.exit_code, delete.exit_code, gone.exit_code) == (0, 0, 0, 1)
    assert '"267014"' in ended.text


def test_a_fault_is_applied_as_often_as_asked(host: WindowsHost) -> None:
    host.settings("[program:sc]\nkind=fail\nexit_code=1722\ncount=2\n")
    steps = host.run(*["sc query Spooler"] * 3)
    assert [step.exit_code for step in steps] == [1722, 1722, 0]
    assert "count=0" in host.setting_lines()
    host.settings("[program:certutil]\nkind=fail\nexit_code=5\nwhen=middle\n")
    host.write("data", bytes(3000))
    half, size, _ = host.run(r"certutil -encode Z:\lab\data C:\half.b64", r"for %%f in (C:\half.b64) do @echo %%~zf", r"del C:\half.b64")
    assert half.exit_code == 5
    assert 0 < int(size.text) < 3000


def test_32_bit_programs_find_the_same_doubles(host: WindowsHost) -> None:
    steps = host.run(
        r"C:\windows\syswow64\cmd.exe /c sc query nosuch",
        r"C:\windows\syswow64\cmd.exe /c powershell",
        r"C:\windows\syswow64\fsutil.exe volume diskfree C:",
    )
    assert [step.exit_code for step in steps] == [1060, 98, 0]


def test_timeout_refuses_redirected_input(host: WindowsHost) -> None:
    assert host.run("timeout /t 1 /nobreak < nul")[0].exit_code == 1
