# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearse what a long step needs: start detached, as the account that will install, with its folders.

Note that this module is private to the collection.
"""

from __future__ import annotations

import hashlib
import ntpath
import secrets as random_tokens
from collections.abc import Iterable, Iterator

from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import parse_digest
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import parse_sids
from ansible_collections.jp1.itdm.plugins.module_utils._profile import LONG_ACTIONS
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_texts import encoded, escaped
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_SYSTEM = "S-1-5-18"
_TIME_LIMIT = 120.0  # seconds; a share that nobody answers for takes its time
_SCRIPT = "rehearsal.cmd"


class Rehearsal:
    """A rehearsal on one server.

    :param product: the product, whose profile says how its long programs are started.
    :param media_folders: folders that these programs read.
    :param writable_folders: folders that they write into; one that is not there yet will be made.
    """

    def __init__(self, product: Product, media_folders: Iterable[str], writable_folders: Iterable[str]) -> None:
        self.product = product
        self.media_folders = [windows_path(folder) for folder in media_folders if folder]
        self.writable_folders = [windows_path(folder) for folder in writable_folders if folder]
        self.token = random_tokens.token_hex(8)

    def run(self) -> list[str]:
        """Rehearse each way in which the profile starts long programs, and return these ways.

        :raises PreconditionError: C(rehearsal_failed), with everything that would not work.
        :raises UpgradeError: as L(Job.start) and L(Job.wait): the detached program was not started, or its end was not seen.
        """
        profile = self.product.profile
        ways = sorted({profile[f"{action}.run_in"] for action in LONG_ACTIONS if self.product.can(action)})
        problems = [problem for way in ways for problem in (self._detached() if way == "task" else self._in_shell())]
        if problems:
            raise PreconditionError(
                " ".join(problems),
                code="rehearsal_failed",
                remedy="Give the account the rights, use folders on local drives, or let the profile start the programs otherwise.",
                evidence={"problems": problems},
            )
        return ways

    # As SYSTEM, by the Task Scheduler

    def _detached(self) -> list[str]:
        host = self.product.host
        job = Job(host, self.product.jobs_folder, f"rehearsal-{self.token}")
        script = encoded("\r\n".join(self._script()), host.runner.code_page_fallback)
        try:
            job.start([job.file(_SCRIPT)], files={_SCRIPT: script})
            end = job.wait(_TIME_LIMIT)
        except UpgradeError as error:
            if error.failure_class != "connection_lost":
                self._clean_up(job)
            raise
        self._clean_up(job)
        return list(self._read(end.stdout))

    def _clean_up(self, job: Job) -> None:
        job.remove()
        # rmdir without /s removes empty folders only
        folders = (self.product.jobs_folder, ntpath.dirname(self.product.jobs_folder))
        line = "&".join(f"rmdir {quote(windows_path(folder))} 2>nul" for folder in folders)
        self.product.host.run(Line(f"({line}&exit 0)<nul"), time_limit=self.product.host.short_time_limit, idempotent=True)

    def _script(self) -> Iterator[str]:
        yield "@echo off"
        yield "whoami /user"
        for index, folder in enumerate(self.media_folders):
            yield escaped(f"{self._reading(folder)}&&echo #read.{index}")
        for index, folder in enumerate(self.writable_folders):
            root, *below = _from_the_root(folder)
            yield escaped(_found(root))
            yield from (escaped(f"if exist {folder_test(place)} {_found(place)}") for place in below)
            test = f'"%jp1_itdm_at%\\{self._name}"'
            file = f'"%jp1_itdm_at%\\{self._name}\\test.txt"'
            yield f"md {test} 2>nul&&(>{file} echo {self.token}) 2>nul&&echo #wrote.{index}&&certutil -hashfile {file} SHA256"
            yield f"if exist {test} rmdir /s /q {test}&if exist {test} echo #left.{index}"
        yield ""

    def _reading(self, folder: str) -> str:
        installer = self.product.profile["media.installer"]
        if not installer:
            return f"dir /a /b {quote(folder)}>nul 2>nul"
        return f"certutil -hashfile {quote(ntpath.join(folder, installer))} SHA256>nul 2>nul"

    def _read(self, output: str) -> Iterator[str]:
        lines = output.split("\n")
        if _SYSTEM not in parse_sids(output):
            yield "The Task Scheduler does not run programs as SYSTEM."
        for index, folder in enumerate(self.media_folders):
            if f"#read.{index}" not in lines:
                yield f"SYSTEM can not read {folder}."
        for index, folder in enumerate(self.writable_folders):
            _before, found, rest = output.partition(f"#wrote.{index}\n")
            if not found or parse_digest(rest.partition("#")[0]) != hashlib.sha256(f"{self.token}\r\n".encode()).hexdigest():
                yield f"SYSTEM can not write into {folder}."
            if f"#left.{index}" in lines:
                yield f"SYSTEM can not delete in {folder}; remove {self._name} there."

    # In the connection's shell

    def _in_shell(self) -> list[str]:
        host, problems = self.product.host, []
        asked = host.ask(**{f"read{index}": windows.succeeds(self._reading(folder)) for index, folder in enumerate(self.media_folders)})
        for index, folder in enumerate(self.media_folders):
            if not getattr(asked, f"read{index}"):
                problems.append(f"The account can not read {folder}.")
        for folder in self.writable_folders:
            try:
                self._write(folder)
            except UpgradeError as error:
                if error.failure_class == "connection_lost":
                    raise
                problems.append(f"The account can not write into {folder}: {error.message}")
        return problems

    def _write(self, folder: str) -> None:
        host, places = self.product.host, _from_the_root(folder)
        there = vars(host.ask(**{place: windows.folder_exists(place) for place in places}))
        file = ntpath.join([place for place in places if place == places[0] or there[place]][-1], f"{self._name}.txt")
        try:
            host.write_file(file, self.token.encode())
        finally:
            host.remove_file(file)

    @property
    def _name(self) -> str:
        return f"jp1_itdm-{self.token}"


def _found(place: str) -> str:
    return f'set "jp1_itdm_at={place.rstrip(chr(92))}"'


def _from_the_root(folder: str) -> list[str]:
    above = ntpath.dirname(folder)
    return [folder] if above == folder else [*_from_the_root(above), folder]
