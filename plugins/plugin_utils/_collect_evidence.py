# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect from a server what shows why something failed. Changes nothing there, and fails for nothing that is missing.

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
import ntpath
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.module_utils._evidence import (
    Missing,
    Piece,
    belongs_to_run,
    kept_journal_path,
    kept_path,
    name_matches,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import FolderItem
from ansible_collections.jp1.itdm.plugins.module_utils._profile import expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows_texts as windows_texts
from ansible_collections.jp1.itdm.plugins.plugin_utils._decoding import decode
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import parent_and_name, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product

WHOLE_BYTES = 200_000  # of a longer text only the end is taken
FILES_OF_A_PATTERN = 50
EVENT_LOGS = ("System", "Application")
EVENTS = 200
_BYTES_AT_ONCE = 1_000_000
_CHARACTERS_AT_ONCE = 3000  # of names in one command
_PLAIN_NAME = re.compile(r"(?!-)[\w.() +=-]+", re.ASCII)


@dataclass(frozen=True)
class _File:
    """A text file on the server."""

    path: str
    size: int
    kept: str

    @property
    def truncated(self) -> bool:
        return self.size > WHOLE_BYTES


@dataclass(frozen=True)
class _Reading:
    """One question that reads some files; its answer is their texts by path."""

    files: list[_File]
    probe: Probe[dict[str, str]]

    @property
    def bytes(self) -> int:
        return sum(min(file.size, WHOLE_BYTES) for file in self.files)


class Collector:
    """Collects the evidence of one server within a limited time.

    :param product: the product on the server.
    :param run_id: the run whose journal is collected.
    :param time_limit: seconds.
    :ivar pieces: what was found.
    :ivar missing: what was not.
    :ivar lost: why the server can not be asked any more, or an empty text.
    """

    def __init__(self, product: Product, run_id: str, time_limit: float) -> None:
        self.product = product
        self.host = product.host
        self.run_id = run_id
        self.pieces: list[Piece] = []
        self.missing: list[Missing] = []
        self.lost = ""
        self._time_limit = time_limit
        self._end = time.monotonic() + time_limit

    def collect(self) -> None:
        """Collect everything.

        :raises ConnectionLostError: C(controller_gone): nobody waits for the evidence any more.
        """
        field = f"services.{self.product.server}"
        found = self._ask(
            ["services", self.product.journal_folder],
            installation=self.product.installation_probe(),
            services=windows.services(self.product.profile[field]),
            journal=windows_texts.tree(self.product.journal_folder),
        )
        if found:
            self.product.installation = found.installation
            self._add_data("services", "services.json", [asdict(service) for service in found.services])
            self._read([*self._journal(found.journal), *self._logs(found.installation.install_folder)])
        self._event_logs()

    def _add_data(self, source: str, path: str, data: Any) -> None:
        self.pieces.append(Piece(source, path, json.dumps(data, ensure_ascii=False, indent=1) + "\n"))

    def _skip(self, sources: Iterable[str], reason: str) -> None:
        self.missing += [Missing(source, reason) for source in sources]

    def _ask(self, sources: Sequence[str], **probes: Probe[Any]) -> SimpleNamespace | None:
        """Ask what belongs to these sources; None when the answer does not come."""
        left = self._end - time.monotonic()
        if self.lost or left <= 0:
            self._skip(sources, self.lost or f"The time limit of {self._time_limit:g} s was over.")
            return None
        self.host.short_time_limit = left
        try:
            return self.host.ask(**probes)
        except UpgradeError as error:
            if error.code == "controller_gone":
                raise
            if isinstance(error, ConnectionLostError):
                self.lost = error.message
            self._skip(sources, error.message)
            return None

    # Which files

    def _journal(self, items: list[FolderItem] | None) -> Iterator[_File]:
        folder = self.product.journal_folder
        if items is None:
            self._skip([folder], "The folder does not exist.")
        for item in items or ():
            if belongs_to_run(item.name, self.run_id):
                yield _File(f"{folder}\\{item.name}", item.size, kept_journal_path(item.name))

    def _logs(self, install_folder: str) -> Iterator[_File]:
        profile = self.product.profile
        patterns: dict[str, tuple[str, str]] = {}
        for template in filter(None, [*profile["evidence.files"], profile["install.log_file"]]):
            try:
                pattern = expand(template, {"install_folder": install_folder})
                folder, name = ntpath.split(pattern.replace("/", "\\"))
                patterns.setdefault(pattern, (windows_path(folder), name))
            except OptionError as error:
                self._skip([template], error.message)
        folders = sorted({folder for folder, _name in patterns.values()})
        listed = self._ask(list(patterns), **{f"folder{index}": windows.folder(folder) for index, folder in enumerate(folders)})
        items = dict(zip(folders, vars(listed).values(), strict=True)) if listed else {}
        taken: set[str] = set()
        for pattern, (folder, name) in patterns.items() if listed else ():
            if items[folder] is None:
                self._skip([pattern], "The folder does not exist.")
                continue
            found = [item for item in items[folder] if not item.is_folder and name_matches(item.name, name)]
            if not found:
                self._skip([pattern], "There is no such file.")
            # the newest come first
            self._skip(
                [f"{folder}\\{item.name}" for item in found[FILES_OF_A_PATTERN:]], f"{FILES_OF_A_PATTERN} newer files match {pattern}."
            )
            for item in found[:FILES_OF_A_PATTERN]:
                path = f"{folder}\\{item.name}"
                if path.lower() not in taken:
                    taken.add(path.lower())
                    yield _File(path, item.size, kept_path(path))

    # Their texts

    def _read(self, files: list[_File]) -> None:
        for readings in _at_once(_readings(files)):
            wanted = [file for reading in readings for file in reading.files]
            answers = self._ask([file.path for file in wanted], **{f"read{index}": reading.probe for index, reading in enumerate(readings)})
            texts = {path: text for answer in vars(answers).values() for path, text in answer.items()} if answers else {}
            for file in wanted if answers else ():
                self._add_file(file, "" if file.size == 0 else texts.get(file.path))

    def _add_file(self, file: _File, text: str | None) -> None:
        if text is not None and "\0" in text:
            text = text.replace("\0", "") if file.truncated else self._utf16(file.path)
        if text is None:
            self._skip([file.path], "It could not be read.")
        else:
            self.pieces.append(Piece(file.path, file.kept, text, file.size, file.truncated))

    def _utf16(self, path: str) -> str | None:
        try:
            return decode(self.host.read_file(path), self.host.runner.code_page_fallback).replace("\0", "")
        except UpgradeError:
            return None

    def _event_logs(self) -> None:
        for name in EVENT_LOGS:
            source = f"event log {name}"
            answer = self._ask([source], log=windows_texts.event_log(name, EVENTS))
            if answer:
                exit_code, text = answer.log
                if exit_code or not text.strip():
                    self._skip([source], f"wevtutil ended with exit code {exit_code}{'' if text.strip() else ' and printed nothing'}.")
                else:
                    # the newest come first
                    self.pieces.append(Piece(source, f"event-log/{name}.txt", text[:WHOLE_BYTES], truncated=len(text) > WHOLE_BYTES))


def _readings(files: list[_File]) -> list[_Reading]:
    """Return the questions that read the files: the small ones of a folder together, every other one alone."""
    together: dict[str, list[_File]] = {}
    readings: list[_Reading] = []
    for file in files:
        folder, name = parent_and_name(file.path)
        if file.truncated:
            readings.append(_Reading([file], _by_path(file.path, windows_texts.text_from(file.path, file.size - WHOLE_BYTES))))
        elif _PLAIN_NAME.fullmatch(name):
            together.setdefault(folder, []).append(file)
        else:
            readings.append(_Reading([file], _by_path(file.path, windows.file_text(file.path, WHOLE_BYTES))))
    for folder, members in together.items():
        readings += [_together(folder, part) for part in _parts(members)]
    return sorted(readings, key=lambda reading: reading.bytes)


def _parts(files: list[_File]) -> Iterator[list[_File]]:
    part: list[_File] = []
    for file in files:
        longer = [*part, file]
        if part and (
            sum(len(item.path) + 3 for item in longer) > _CHARACTERS_AT_ONCE or sum(item.size for item in longer) > _BYTES_AT_ONCE
        ):
            yield part
            longer = [file]
        part = longer
    if part:
        yield part


def _together(folder: str, files: list[_File]) -> _Reading:
    names = {ntpath.basename(file.path): file.path for file in files}
    probe = windows_texts.texts(folder, list(names))
    return _Reading(files, Probe(probe.command, lambda answer: {names[name]: text for name, text in probe.parse(answer).items()}))


def _by_path(path: str, probe: Probe[Any]) -> Probe[dict[str, str]]:
    return Probe(probe.command, lambda answer: {path: text} if (text := probe.parse(answer)) else {})


def _at_once(readings: list[_Reading]) -> Iterator[list[_Reading]]:
    """Put questions together whose answers come in one round trip."""
    part: list[_Reading] = []
    for reading in readings:
        if part and sum(item.bytes for item in [*part, reading]) > _BYTES_AT_ONCE:
            yield part
            part = []
        part.append(reading)
    if part:
        yield part
