# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import (
    _parse_files,
    _parse_registry,
    _parse_services,
    _parse_system,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk, FileEntry, FolderItem
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import RegistryValue, UninstallEntry
from hypothesis import given
from hypothesis import strategies as st

STATUS = """
SERVICE_NAME: JP1_ITDM_DB
        TYPE               : 10  WIN32_OWN_PROCESS
        STATE              : 4  RUNNING
                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
        PID                : 1234
        FLAGS              :
"""
STATUS_JA = """
SERVICE_NAME: JP1_ITDM_DB
        種類               : 110  WIN32_OWN_PROCESS (対話型)
        状態               : 1  停止
        WIN32_終了コード   : 1066  (0x42a)
        サービス終了コード : 102  (0x66)
        チェックポイント   : 0x0
        待機ヒント         : 0x7d0
        PID                : 0
        フラグ             :
"""
CONFIG = """[SC] QueryServiceConfig SUCCESS

SERVICE_NAME: JP1_ITDM_DB
        TYPE               : 10  WIN32_OWN_PROCESS
        START_TYPE         : 2   AUTO_START  (DELAYED)
        ERROR_CONTROL      : 1   NORMAL
        BINARY_PATH_NAME   : "C:\\Program Files (x86)\\Hitachi\\jp1itdmm\\mgr\\bin\\db.exe" -k : x
        LOAD_ORDER_GROUP   :
        TAG                : 0
        DISPLAY_NAME       : JP1/ITDM データベース : 1
        DEPENDENCIES       : Tcpip
                           : Afd
        SERVICE_START_NAME : LocalSystem
"""


OLD_DISK = "Total # of free bytes        : 10\nTotal # of bytes   : 300\nTotal # of avail free bytes : 9\n"
NEW_DISK = """Total free bytes         :  60,000,000,000 ( 55.9 GB)
Total bytes              : 100,000,000,000 ( 93.1 GB)
Total quota free bytes   :  60,000,000,000 ( 55.9 GB)
Unavailable pool bytes   :               0 (  0.0 KB)
"""


def test_a_service_in_english_and_japanese() -> None:
    english = _parse_services.parse_service("JP1_ITDM_DB", STATUS, CONFIG)
    assert english == _parse_services.Service("JP1_ITDM_DB", "JP1/ITDM データベース : 1", "running", "auto", 1234, 0, 0)
    japanese = _parse_services.parse_service("JP1_ITDM_DB", STATUS_JA, CONFIG.replace("START_TYPE", "開始の種類"))
    assert japanese
    assert (japanese.state, japanese.start_type, japanese.pid) == ("stopped", "auto", 0)
    assert (japanese.exit_code, japanese.service_exit_code) == (1066, 102)


def test_what_is_not_told_of_a_service_is_unknown() -> None:
    short = "\n".join(STATUS.split("\n")[:5])
    assert short.count(" : ") == 2
    without = _parse_services.parse_service("X", STATUS.replace(": 4 ", ": 9 "), "")
    assert without == _parse_services.Service("X", "", "unknown", "unknown", 1234, 0, 0)
    six = "\n".join(line for line in CONFIG.split("\n") if "DISPLAY_NAME" not in line and "DEPENDENCIES" not in line)
    started = _parse_services.parse_service("X", STATUS, six.replace(": 2 ", ": 7 "))
    assert started
    assert started.start_type == "unknown"
    assert _parse_services.parse_service("X", short, CONFIG) is None
    stopped = _parse_services.parse_service("X", STATUS_JA.replace(": 1066", ": 0x42a"), CONFIG.replace(": 2 ", ": 4 "))
    assert stopped
    assert (stopped.start_type, stopped.exit_code) == ("disabled", 1066)


def test_missing_services_and_drivers_are_left_out() -> None:
    missing = "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\nThe specified service does not exist.\n"
    driver = STATUS.replace(": 10 ", ": 1 ")
    text = f"#nope\n{missing}\n#\n{missing}#drv\n{driver}\n#\n{CONFIG}"
    text += f"#JP1_ITDM_DB\n{STATUS}\n#\n{CONFIG}#Other\n{STATUS}\n#\n"
    assert [service.name for service in _parse_services.parse_services(text, ["jp1_*", "nope", "drv"])] == ["JP1_ITDM_DB"]
    assert [service.name for service in _parse_services.parse_services(text, ["JP1_ITDM_?B", "O*"])] == [
        "JP1_ITDM_DB",
        "Other",
    ]
    assert _parse_services.parse_services(text, []) == []


def test_registry_values() -> None:
    text = """
HKEY_LOCAL_MACHINE\\SOFTWARE\\X
    (既定)    REG_SZ    default
    (Default)    REG_SZ    a value really named so
    Display Name    REG_SZ    JP1/IT Desktop Management - Manager
    Empty    REG_SZ
    Lines    REG_SZ    one
two
    Number    REG_DWORD    0x1f
    Several    REG_MULTI_SZ    a\\0b c\\0\\0
    Path    REG_EXPAND_SZ    %SystemRoot%\\x

HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\Sub Key

"""
    keys = _parse_registry.parse_registry(text)
    assert list(keys) == ["HKEY_LOCAL_MACHINE\\SOFTWARE\\X", "HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\Sub Key"]
    values = keys["HKEY_LOCAL_MACHINE\\SOFTWARE\\X"]
    assert values[""] == RegistryValue("REG_SZ", "default")
    assert values["(Default)"].data == "a value really named so"
    assert values["Display Name"].data == "JP1/IT Desktop Management - Manager"
    assert values["Empty"].strings == []
    assert values["Lines"].data == "one\ntwo"
    assert values["Number"].number == 31
    assert values["Several"].strings == ["a", "b c"]
    assert values["Path"].strings == ["%SystemRoot%\\x"]
    assert values["Path"].number is None


def test_uninstall_entries() -> None:
    text = """HKEY_LOCAL_MACHINE\\SOFTWARE\\U\\A
    DisplayName    REG_SZ    JP1
    DisplayVersion    REG_SZ    10-00
HKEY_LOCAL_MACHINE\\SOFTWARE\\U\\B
    SystemComponent    REG_DWORD    0x1
"""
    assert _parse_registry.parse_uninstall_entries(text) == [
        UninstallEntry("HKEY_LOCAL_MACHINE\\SOFTWARE\\U\\A", "JP1", "10-00", "", "", ""),
    ]


def test_an_uninstall_entry_with_everything() -> None:
    text = """HKEY_LOCAL_MACHINE\\SOFTWARE\\U\\A
    displayname    REG_SZ    JP1
    Publisher    REG_SZ     Hitachi
    InstallLocation    REG_SZ    C:\\x y
    UninstallString    REG_EXPAND_SZ    "%X%\\u.exe" /u
"""
    assert _parse_registry.parse_uninstall_entries(text) == [
        UninstallEntry("HKEY_LOCAL_MACHINE\\SOFTWARE\\U\\A", "JP1", "", "Hitachi", "C:\\x y", '"%X%\\u.exe" /u'),
    ]


@pytest.mark.parametrize(
    ("text", "disk"),
    [
        (OLD_DISK, Disk(9, 300)),
        (NEW_DISK, Disk(60000000000, 100000000000)),
        ("空きバイトの総数 : 1\u00a0000\nバイトの総数 : 2.000\n", Disk(1000, 2000)),
        ("Error 21: The device is not ready.\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_disks(text: str, disk: Disk | None) -> None:
    assert _parse_files.parse_disk(text) == disk


def test_digests_new_and_old() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    spaced = " ".join(digest[at : at + 2] for at in range(0, 64, 2))
    assert _parse_files.parse_digest(f"SHA256 hash of C:\\x:\n{digest}\nCertUtil: done\n") == digest
    assert _parse_files.parse_digest(f"SHA256 ハッシュ:\n{spaced.upper()}\n") == digest
    assert _parse_files.parse_digest("CertUtil: FAILED: 0x80070002\n") is None
    assert _parse_files.parse_digest(f"{digest[:-2]}\n{digest}00\n") is None


def test_hashes_of_a_folder() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    text = (
        "D:\\JP1\\Backup\nD:\\JP1\\Backup\\a b & c.txt\nD:\\JP1\\Backup\\sub\\empty\n"
        "D:\\JP1\\Backup\\hidden\nD:\\JP1\\Backup\\#1 locked\n/\n"
        f"#1 d:\\jp1\\backup\\a b & c.txt\nSHA256 of:\n{digest}\nok\n#0 D:\\JP1\\Backup\\sub\\empty\n"
        f"#5 D:\\JP1\\Backup\\#1 locked\nCertUtil: FAILED\n"
    )
    files, failed = _parse_files.parse_hashes(text)
    assert files == [FileEntry("a b & c.txt", 1, digest), FileEntry("sub\\empty", 0, _parse_files.EMPTY_SHA256)]
    assert failed == ["hidden", "#1 locked"]
    assert _parse_files.parse_hashes("D:\\\nD:\\x\n/\n#0 D:\\x\n")[0][0].path == "x"
    assert _parse_files.parse_hashes("D:\\empty\n/\n") == ([], [])


def test_folders() -> None:
    text = "日本 語.pkg\nhidden\n/\nProgram Files (x86)\n/\n12/日本 語.pkg\n"
    assert _parse_files.parse_folder(text) == [
        FolderItem("日本 語.pkg", False, 12),
        FolderItem("hidden", False, 0),
        FolderItem("Program Files (x86)", True, 0),
    ]
    assert _parse_files.parse_folder("/\n/\n") == []


def test_the_files_below_a_folder() -> None:
    text = "D:\\logs\n#12 D:\\logs\\表 ソ\\a.log\n#0 D:\\logs\\b.log\n"
    assert _parse_files.parse_tree(text) == [FolderItem("表 ソ\\a.log", False, 12), FolderItem("b.log", False, 0)]
    assert _parse_files.parse_tree("D:\\\n#1 D:\\x\n") == [FolderItem("x", False, 1)]


def test_lines_that_are_named_by_their_file() -> None:
    text = "a.log:one\nb.log:x: y\na.log:\nrest\na.log:b.log:two\nc.log:z\n"
    assert _parse_files.parse_named_lines(text, ["a.log", "b.log"]) == {"a.log": "one\n\nrest\nb.log:two\nc.log:z\n", "b.log": "x: y\n"}
    assert _parse_files.parse_named_lines("", ["a.log"]) == {}


def test_lines_that_are_numbered_by_their_offset() -> None:
    text = "0:one\n90:two: x\n101:three\nrest\n110:\n"
    assert _parse_files.parse_offset_lines(text, 100) == "three\nrest\n\n"
    assert _parse_files.parse_offset_lines("", 0) == ""


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("11/23/2026  a.log\n  4 File(s)  840057 bytes\n  2 Dir(s)  78885990400 bytes free\n\n", 78885990400),
        ("               2 個のディレクトリ   9007199254740993 バイトの空き領域\n", 9007199254740993),
        ("File Not Found\n", None),
        ("", None),
    ],
)
def test_free_bytes_are_the_last_number(text: str, free: int | None) -> None:
    assert _parse_files.parse_free_bytes(text) == free


@given(st.binary(max_size=300))
def test_base64(data: bytes) -> None:
    text = base64.encodebytes(data).decode()
    armoured = f"#5\n-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\nx"
    assert _parse_files.parse_base64(armoured) == data
    assert _parse_files.parse_base64(text) is None


def test_base64_that_is_damaged() -> None:
    assert _parse_files.parse_base64("-----BEGIN CERTIFICATE-----\nQUJ\n-----END CERTIFICATE-----\n") is None
    assert _parse_files.parse_base64("-----BEGIN CERTIFICATE-----\n日本\n-----END CERTIFICATE-----\n") is None


def test_times_are_utc() -> None:
    times = _parse_system.parse_os_times("\n\nLastBootUpTime=20261122103245.500000+540\n\nLocalDateTime=20261123000000.000000-060\n\n")
    assert times
    assert times.boot_time == datetime(2026, 11, 22, 1, 32, 45, 500000, tzinfo=timezone.utc)
    assert times.clock - times.boot_time == timedelta(hours=23, minutes=27, seconds=14.5)
    assert _parse_system.parse_os_times("LastBootUpTime=20261122103245.500000+540") is None
    assert _parse_system.parse_os_times("LastBootUpTime=20269922103245.5+540\nLocalDateTime=20261123000000.0+0") is None


def test_listening_ports_need_no_words() -> None:
    text = """
  プロトコル  ローカル アドレス      外部アドレス        状態           PID
  TCP    0.0.0.0:31000          0.0.0.0:0              LISTENING       900
  TCP    127.0.0.1:31006        0.0.0.0:0              リッスン        901
  TCP    10.0.0.1:50000         10.0.0.2:445           ESTABLISHED     4
  TCP    [::]:31080             [::]:0                 LISTENING       4
  UDP    0.0.0.0:500            *:*                                    4
"""
    assert _parse_system.parse_listening_ports(text) == {31000, 31006, 31080}


def test_processes() -> None:
    text = '"イメージ名","PID"\n"SETUP.EXE","1234","Services","0","10,240 K"\n"a ""b"".exe","5"\nbroken"\n'
    assert _parse_system.parse_processes(text) == [
        _parse_system.Process("SETUP.EXE", 1234),
        _parse_system.Process('a "b".exe', 5),
    ]


def test_tasks_of_one_folder() -> None:
    lines = [r'"JP1DB01","\JP1_ITDM\run1-backup","N/A","D:\jobs\run1-backup\run.cmd "', r'"JP1DB01","\Other\jp1_itdm\x","N/A"', '"broken']
    assert _parse_system.parse_tasks("\n".join(lines), "jp1_itdm") == {
        "run1-backup": ["JP1DB01", r"\JP1_ITDM\run1-backup", "N/A", "D:\\jobs\\run1-backup\\run.cmd "]
    }


def test_small_things() -> None:
    assert _parse_system.parse_version("\nMicrosoft Windows [バージョン 6.1.7601]\n") == "6.1.7601"
    assert _parse_system.parse_version("?") == ""
    assert _parse_system.parse_sids("x S-1-16-12288 y S-1-5-32-544,") == {"S-1-16-12288", "S-1-5-32-544"}
    assert _parse_system.parse_environment("Path=C:\\a=b\n=x\nTEMP=\n") == {"PATH": "C:\\a=b", "TEMP": ""}


PARSERS = [
    lambda text: _parse_services.parse_service("x", text, text),
    lambda text: _parse_services.parse_services(text, ["*"]),
    lambda text: _parse_services.parse_services(f"#x\n{text}\n#\n{text}", [text, "x"]),
    _parse_registry.parse_registry,
    _parse_registry.parse_uninstall_entries,
    _parse_files.parse_disk,
    _parse_files.parse_digest,
    _parse_files.parse_hashes,
    _parse_files.parse_folder,
    _parse_files.parse_base64,
    _parse_files.parse_tree,
    _parse_files.parse_free_bytes,
    lambda text: _parse_files.parse_named_lines(text, ["#1 x", "a"]),
    lambda text: _parse_files.parse_offset_lines(text, 100),
    _parse_system.parse_os_times,
    _parse_system.parse_version,
    _parse_system.parse_listening_ports,
    _parse_system.parse_processes,
    lambda text: _parse_system.parse_tasks(text, "x"),
    _parse_system.parse_sids,
    _parse_system.parse_environment,
]
FRAGMENTS = st.lists(
    st.sampled_from(
        [*STATUS_JA.splitlines(True), *CONFIG.splitlines(True), "HKEY_X\\a\n", "    a    REG_DWORD    0x\n", "#1 x\n",
         "#", "-----BEGIN X-----\n", "-----END X-----", "LastBootUpTime=", "20261122103245.5+999", "LocalDateTime=",
         "9" * 5000, "TCP a:99999 b:0 ", '"a","b', "\0", " : "]
    ) | st.text(max_size=20),
    max_size=12,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS)
def test_no_parser_crashes_on_any_text(parser: object) -> None:
    @given(FRAGMENTS)
    def check(text: str) -> None:
        parser(text)  # type: ignore[operator]

    check()
