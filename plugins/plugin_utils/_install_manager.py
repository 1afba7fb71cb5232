# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overwrite-install the product, or install its old version again.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._checks import GB, INSTALLATION_BYTES
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    PreconditionError,
    UpgradeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._profile import expand
from ansible_collections.jp1.itdm.plugins.module_utils._version import ProductVersion, check_target
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._control_services import ControlServices, patterns_for
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import inspect_disks, inspect_media, program_files
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet, run_step

_LOG_TAIL = 4000  # characters


class InstallManager(Step):
    """Steps 3 and 5 of the procedure, and the first part of the way back (Configuration Guide 5.10).

    :param version: the version to install.
    :param media_folder: its media on the server.
    :param expected_files: the program files that the server had with this version; only on the way back.
    :param removal_media_folder: media of the version to remove first; only on the way back.
    :param auto_update: whether components on users' computers are updated automatically.
    :param start_services: whether the installer is to start the services at its end.
    """

    def __init__(
        self,
        product: Product,
        version: str,
        media_folder: str,
        *,
        expected_files: Mapping[str, str] | None = None,
        removal_media_folder: str = "",
        auto_update: bool = False,
        start_services: bool = True,
    ) -> None:
        self.product = product
        self.version = ProductVersion.parse(version)
        check_target(self.version)
        self.media_folder = media_folder.rstrip("\\")
        self.expected_files = expected_files
        self.removal_media_folder = removal_media_folder.rstrip("\\")
        self.auto_update = auto_update
        self.start_services = start_services
        self.title = f"Install version {version} on the {product.server.replace('_', ' ')}"

    def take_up(self) -> dict[str, Any] | None:
        version = str(self.version)
        removed = self.product.take_up("uninstall", version) if self.removal_media_folder else None
        ended = self.product.take_up("install", version) or removed
        # the server shows by itself whether that was all, and the result may be from before a later installation
        return ended and {**ended, "accepted": False}

    def settle(self) -> None:
        self.product.await_end("install", "uninstall")
        # a restart of the server starts again what was stopped for the installation
        stop = ControlServices(self.product, "stopped", "installation")
        run_step(stop, check_mode=False, log=self.product.host.log)

    def probe(self) -> Seen:
        self.product.installation = None
        found = self.product.installation
        files = self._files()
        same_files = self.expected_files is None or dict(self.expected_files) == files
        return Seen(found.version == str(self.version) and same_files, {"product": found.as_dict()})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        profile, host = self.product.profile, self.product.host
        media = inspect_media(self.product, self.media_folder)
        if not media["readable"]:
            yield Unmet(_precondition("media", f"{media['installer'] or self.media_folder} can not be read.", "Copy the media there."))
        if profile["media.version_file"] and media["version"] != str(self.version):
            yield Unmet(
                _precondition(
                    "media",
                    f"The media in {self.media_folder} states {media['version']}, not {self.version}.",
                    "Put the right media there.",
                )
            )
        installed = seen.state["product"]["version"]
        going_back = self.expected_files is not None
        if installed and ProductVersion.parse(installed) > self.version and not going_back:
            yield Unmet(_precondition("downgrade", f"The newer version {installed} is installed.", "Going back is what rollback.yml does."))
        asked = host.ask(
            services=windows.services(patterns_for(self.product, "installation")),
            installers=windows.running_processes(profile["product.installer_processes"]),
            variables=windows.environment_variables(["SystemDrive"]),
        )
        running = [service.name for service in asked.services if service.state != "stopped"]
        if running:
            yield Unmet(
                _precondition("services_running", f"These services still run: {', '.join(running)}.", "Stop them first."),
                made_by_earlier_step=True,
            )
        if asked.installers:
            names = ", ".join(process.name for process in asked.installers)
            yield Unmet(_precondition("installer_running", f"An installer is running: {names}.", "Wait until it has ended."))
        folders = [seen.state["product"]["install_folder"], asked.variables.get("SystemDrive", "C:")]
        for drive, disk in inspect_disks(host, folders).items():
            if disk["free"] < INSTALLATION_BYTES:
                yield Unmet(
                    _precondition(
                        "installation_space",
                        f"Drive {drive} has {disk['free'] / GB:.1f} GB free; the installation needs {INSTALLATION_BYTES / GB:.1f} GB.",
                        "Free space on the drive.",
                    )
                )

    def execute(self, seen: Seen) -> dict[str, Any]:
        evidence: dict[str, Any] = {}
        if self._remove_first(seen):
            evidence["uninstall"] = self._run("uninstall", self.removal_media_folder)
        evidence["install"] = self._run("install", self.media_folder)
        return evidence

    def _remove_first(self, seen: Seen) -> bool:
        installed = seen.state["product"]["version"]
        newer = bool(installed) and ProductVersion.parse(installed) > self.version
        return newer and bool(self.product.profile["rollback.remove_new_version_first"])

    def _run(self, action: str, media_folder: str) -> dict[str, Any]:
        profile = self.product.profile
        values = {
            "install_folder": self.product.installation.install_folder,
            "media_folder": media_folder,
            "version": str(self.version),
            "auto_update": "yes" if self.auto_update else "no",
            "start_services": "yes" if self.start_services else "no",
        }
        log_file = expand(profile["install.log_file"], values)
        response = profile["install.response_file"] if action == "install" else ""
        try:
            result = self.product.run(action, response=response, **values, log_file=log_file)
        except UpgradeError as error:
            error.evidence["log"] = self._log_tail(log_file)
            raise
        return {**output_of(result), "restart_wanted": self.product.restart_wanted(action, result)}

    def _log_tail(self, log_file: str) -> str:
        if not log_file:
            return ""
        try:
            return self.product.host.ask(text=windows.file_text(log_file, _LOG_TAIL)).text or ""
        except UpgradeError:  # the log must not hide the failure
            return ""

    def _files(self) -> dict[str, str]:
        return program_files(self.product) if self.expected_files is not None else {}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        after = self.probe()
        if not after.done:
            found = after.state["product"]
            state = f"version {found['version'] or found['version_text'] or 'unknown'}" if found["installed"] else "no installation"
            why = f"the server shows {state}" if found["version"] != str(self.version) else "its program files are not those of before"
            raise VerificationError(
                f"The installation of {self.version} ended, but {why}.",
                code="installation_not_effective",
                remedy="Look at the installer's log.",
            )
        return after.state


def _precondition(code: str, message: str, remedy: str) -> PreconditionError:
    return PreconditionError(message, code=code, remedy=remedy)
