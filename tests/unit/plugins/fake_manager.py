# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product on a server in memory, and a profile that describes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import UninstallEntry
from ansible_collections.jp1.itdm.plugins.module_utils._profile import Profile, build_profile
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import FakeWindows

INSTALL = r"C:\Program Files (x86)\Hitachi\jp1itdmm"
BIN = INSTALL + r"\mgr\bin"
MEDIA = r"D:\JP1\media"
LOG = r"C:\Windows\Temp\setup.log"
SECRETS = {"database_password": "correct horse", "license_key": "battery-staple"}
PROGRAMS = ("stopservice", "startservice", "exportdb", "importdb", "jdmsetup", "licreg", "licstat", "dbstat")
SERVICES = {"management_server": ["Web", "Manager"], "database_server": ["Database"]}

_VALUES: dict[str, Any] = {
    "product.display_name": "Manager",
    "product.program_folders": [r"{install_folder}\mgr\bin"],
    "product.installer_processes": ["SETUP.EXE"],
    "services.management_server": SERVICES["management_server"],
    "services.database_server": SERVICES["database_server"],
    "services.for_license": ["Web"],
    "services.stop_before_database_install": ["Database"],
    "services.time_limit": 5,
    "operation_window.time_limit": 5,
    "stop_services.argv": [r"{install_folder}\mgr\bin\stopservice.exe"],
    "start_services.argv": [r"{install_folder}\mgr\bin\startservice.exe"],
    "start_for_license.argv": [r"{install_folder}\mgr\bin\startservice.exe"],
    "start_for_license.accepted_exit_codes": [0, 8],
    "backup.argv": [r"{install_folder}\mgr\bin\exportdb.exe", "{backup_folder}"],
    "backup.stdin": "{database_password}\r\n",
    "restore.argv": [r"{install_folder}\mgr\bin\importdb.exe", "{backup_folder}"],
    "restore.stdin": "{database_password}\r\n",
    "setup_database.argv": [r"{install_folder}\mgr\bin\jdmsetup.exe"],
    "setup_database.stdin": "{database_password}\r\n",
    "install.argv": [r"{media_folder}\SETUP.EXE", "/s", "{response_file}"],
    "install.response_file": "AutoUpdate={auto_update}\r\nStartServices={start_services}\r\n",
    "install.restart_exit_codes": [3010],
    "install.log_file": LOG,
    "uninstall.argv": [r"{media_folder}\SETUP.EXE", "/u"],
    "register_license.argv": [r"{install_folder}\mgr\bin\licreg.exe"],
    "register_license.stdin": "{license_key}\r\n",
    "license_status.argv": [r"{install_folder}\mgr\bin\licstat.exe"],
    "license_status.registered": "registered=yes",
    "database_status.argv": [r"{install_folder}\mgr\bin\dbstat.exe"],
    "database_status.damaged_exit_codes": [51],
    "database_status.records": r"records=(\d+)",
    "database_status.schema": r"schema=(\S+)",
    "database.folder": r"C:\data",
    "backup_status.argv": [r"{install_folder}\mgr\bin\dbstat.exe", "{backup_folder}"],
    "media.installer": "SETUP.EXE",
    "media.version_file": "media.ini",
    "media.version_pattern": r"Version=(\d\d-\d\d)",
}
DOCUMENT: dict[str, Any] = {
    "fields": {
        field: {"value": value, "source": "discovered"}
        for field, value in (
            _VALUES | {f"{field.removesuffix('.argv')}.method": "command" for field in _VALUES if field.endswith(".argv")}
        ).items()
    }
}


def profile(**overrides: Any) -> Profile:
    """Return the profile; in the names of fields, C(__) stands for a dot."""
    return build_profile("unit", DOCUMENT, {field.replace("__", "."): value for field, value in overrides.items()})


def manual(action: str, **overrides: Any) -> dict[str, Any]:
    """Return the overrides that leave an action to a person."""
    return {f"{action}__method": "manual", f"{action}__instruction": f"Do {action} by hand.", **overrides}


class FakeManager(FakeWindows):
    """A server with the product, its database and its licence."""

    def __init__(self, server: str, version: str = "10-00", records: int = 200) -> None:
        super().__init__("JP1MGR01" if server == "management_server" else "JP1DB01")
        self.server = server
        self.records = records
        self.schema = version
        self.damaged = False
        self.licensed = True
        self.started_by_installer: list[str] = []
        for service in SERVICES[server]:
            self.add_service(service)
        self.facts["listening_ports"] = {31080}
        self.put_version(version)
        for media in ("10-00", "10-10"):
            self.add_file(rf"{MEDIA}\{media}\SETUP.EXE")
            self.add_file(rf"{MEDIA}\{media}\media.ini", f"[Media]\r\nVersion={media}\r\n".encode())
        self.programs |= {
            "stopservice": self._stop,
            "startservice": self._start,
            "exportdb": self._export,
            "importdb": self._import,
            "jdmsetup": self._set_up,
            "licreg": self._license,
            "licstat": self._license_status,
            "dbstat": self._status,
            "setup": self._setup,
        }

    def put_version(self, version: str) -> None:
        """Install a version, whatever was there before."""
        self.entries = [UninstallEntry("JP1", "Manager", version, "Hitachi, Ltd.", INSTALL, "")]
        for name in PROGRAMS:
            self.add_file(rf"{BIN}\{name}.exe", f"{name} {version}".encode())

    @property
    def version(self) -> str:
        """The installed version, or an empty text."""
        return self.entries[0].version if self.entries else ""

    def picture(self) -> dict[str, Any]:
        return {**super().picture(), "records": self.records, "schema": self.schema, "licensed": self.licensed}

    def product(self, *, confirmed: Iterable[str] = (), **overrides: Any) -> Product:
        """Return the product as a step gets it."""
        return Product(self, profile(**overrides), self.server, SECRETS, confirmed)  # type: ignore[arg-type]

    def _stop(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        self.set_state("stopped", *SERVICES[self.server])
        return 0, "stopped\n"

    def _start(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        self.set_state("running", *(SERVICES[self.server] if self.licensed else ["Web"]))
        return (0, "started\n") if self.licensed else (8, "no licence\n")

    def _export(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        if stdin != "correct horse\r\n":
            return 5, "wrong password\n"
        self.add_file(rf"{arguments[0]}\export.ini", f"schema={self.schema}".encode())
        self.add_file(rf"{arguments[0]}\records.dat", f"records={self.records}".encode())
        return 0, "exported\n"

    def _import(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        if stdin != "correct horse\r\n":
            return 5, "wrong password\n"
        self.damaged = False
        self.records, self.schema = int(self._of(arguments[0], "records")), self._of(arguments[0], "schema")
        return 0, "imported\n"

    def _set_up(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        self.schema, self.damaged = self.version, False
        return 0, "set up\n"

    def _license(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        self.licensed = stdin == "battery-staple\r\n"
        return 0, "registered\n"

    def _license_status(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        return 0, f"registered={'yes' if self.licensed else 'no'}\n"

    def _status(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        if arguments:
            return 0, f"records={self._of(arguments[0], 'records')}\nschema={self._of(arguments[0], 'schema')}\n"
        return 51 if self.damaged else 0, f"records={self.records}\nschema={self.schema}\n"

    def _of(self, folder: str, key: str) -> str:
        text = " ".join(data.decode() for name, data in self.files.items() if name.startswith(folder + "\\"))
        return found[1] if (found := re.search(rf"{key}=(\S+)", text)) else "0"

    def _setup(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        folder = self.ran[-1][0].rpartition("\\")[0]
        self.add_file(LOG, b"setup ran")
        if "/u" in arguments:
            self.entries, self.licensed = [], False
            self.remove_folder(BIN)
            return 0, "removed\n"
        self.started_by_installer.append(self.files[arguments[-1]].decode())
        self.put_version(re.findall(r"Version=(\S+)", self.files[rf"{folder}\media.ini"].decode())[0])
        return 0, "installed\n"
