# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders of one server.

Contents travel as base64, which C(certutil) turns into bytes there, and are compared by their SHA-256 digests.

Note that this module is private to the collection.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets as random_tokens
from collections.abc import Mapping

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    OptionError,
    PreconditionError,
    UpgradeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import (
    EMPTY_SHA256,
    FileEntry,
    FolderItem,
    parse_base64,
    parse_digest,
    parse_hashes,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host_core import CommandResult, HostCore
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, parent_and_name, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

# SYSTEM and Administrators, by identifier: their names are translated.
_OWNERS = ("*S-1-5-18", "*S-1-5-32-544")

# Exit codes of our own lines, as Windows' errors of the same meaning.
_FILE_MISSING = 2
_FOLDER_MISSING = 3
_IS_A_FOLDER = 336
_EXISTS = 183
_GUARD_MISSING = 1223
_DIFFERS = 23
_PROBLEMS = {
    _FILE_MISSING: ("file_missing", "does not exist"),
    _FOLDER_MISSING: ("folder_missing", "does not exist or is not a folder"),
    _IS_A_FOLDER: ("is_a_folder", "is a folder"),
    _EXISTS: ("file_exists", "exists already"),
    _GUARD_MISSING: ("guard_missing", "was left as it is, because the file that allows a change is gone"),
}


class HostFiles(HostCore):
    """Reads, writes, hashes and removes files and folders.

    All methods raise PreconditionError with the codes C(file_missing), C(folder_missing), C(is_a_folder), C(file_exists) or
    C(guard_missing), CommandError with the code C(file_operation_failed), and OptionError with the code C(bad_path) for a
    path that is not absolute or has wildcards.
    """

    def read_file(self, path: str) -> bytes:
        """Return a file's content, proven by its digest.

        :raises VerificationError: code C(file_changed) when it was changed meanwhile.
        """
        go, file = _place(path)
        full, temporary = quote(windows_path(path)), f"jp1itdm-{random_tokens.token_hex(8)}.tmp"
        result = self._do(
            path,
            f'(cd /d "%TEMP%"&{go}&{_require_file(file)}&{_size_of(file)}&popd&(certutil -encode {full} {temporary}>nul'
            f"&&type {temporary})&certutil -hashfile {full} SHA256&del /f /q {temporary} 2>nul&exit 0)<nul",
        )
        if result.stdout.startswith("#0\n"):
            return b""
        content = parse_base64(result.stdout)
        digest = parse_digest(re.sub(r"(?s)-----BEGIN.*-----END[^\n]*", "", result.stdout))
        if content is None or digest is None:
            raise self._failed("read", path, result)
        if hashlib.sha256(content).hexdigest() != digest:
            raise VerificationError(f"{path} on {self.name} was changed while it was read.", code="file_changed")
        return content

    def write_file(self, path: str, data: bytes, *, owner_only: bool = False, replace: bool = False, guard: str = "") -> None:
        """Write a file so that it is there completely or not at all, in one round trip.

        A file that has the content already is left as it is: an earlier try of the line may have written it.

        :param owner_only: whether only SYSTEM and Administrators may read it, from its first byte on.
        :param replace: whether an existing file is replaced; otherwise that is an error.
        :param guard: another file, without which nothing is written.
        :raises VerificationError: code C(file_changed) when what arrived differs.
        """
        go, target = _place(path)
        token = random_tokens.token_hex(8)
        _go, encoded = _place(f"{path}.{token}.b64")
        _go, decoded = _place(f"{path}.{token}.new")
        refuse = [f"(if exist {_as_folder(target)} exit {_IS_A_FOLDER})"]
        if not replace:
            refuse.append(f"(if exist {target} ({_exit_if_written(target, data, encoded)}&exit {_EXISTS}))")
        if guard:
            refuse.append(f"(if not exist {quote(windows_path(guard))} exit {_GUARD_MISSING})")
        steps = [f"type nul>{name}&&{_restrict(name)}" for name in (encoded, decoded)] if owner_only else []
        if data:
            steps += [f'find /v "">{encoded}', f"certutil -f -decode {encoded} {decoded}>nul"]
            steps += [f"({_has_digest(decoded, data, encoded)}||exit {_DIFFERS})", f"del /f /q {encoded}"]
        else:
            steps += [f"type nul>{decoded}"]
        steps += [f"move /y {decoded} {target}>nul", f"(if not exist {target} exit 1)"]
        line = f"{go}&{'&'.join(refuse)}&{'&&'.join(steps)}"
        try:
            result = self._do(path, line, stdin=_armour(data) if data else b"", accept_any=True)
            if result.exit_code == _DIFFERS:
                raise VerificationError(f"What arrived of {path} on {self.name} differs from what was sent.", code="file_changed")
            if result.exit_code:
                raise self._failed("change", path, result)
        except UpgradeError as exc:
            self._clean_up(f"{go}&del /f /q {encoded} {decoded} 2>nul", exc)
            raise

    def write_folder(self, path: str, files: Mapping[str, bytes], *, unless: str, then: str = "") -> None:
        """Make a folder anew with small files in it, only for SYSTEM and Administrators from its first byte on, in one round trip.

        :param files: contents by names of letters, digits, dots and hyphens.
        :param unless: the name of something in the folder; where that exists, the folder stays as it is.
        :param then: a command to run when the files are there, which may run twice.
        :raises PreconditionError: code C(file_exists): I(unless) exists.
        :raises VerificationError: code C(file_changed) when what arrived differs.
        """
        folder, test = quote(windows_path(path)), folder_test(path)
        encoded = [name for name, data in files.items() if data]
        steps = [
            f"(if exist {quote(windows_path(path) + chr(92) + unless)} exit {_EXISTS})",
            f"(if exist {test} rmdir /s /q {folder})",
            f"(if exist {test} exit 1)",
            f"mkdir {folder}",
            f"(if not exist {test} exit {_FOLDER_MISSING})",
        ]
        decode = [
            _restrict(folder, inherit=True),
            f"pushd {folder}",
            'find /v "">all.b64',
            # each line tells the file that it belongs to
            '(for /f "tokens=1,2 delims=:" %a in (all.b64) do @echo %b>>%a.b64)',
            *(f"certutil -f -decode {name}.b64 {name}>nul" for name in encoded),
            *(f"type nul>{name}" for name in files if name not in encoded),
            f"copy /b {'+'.join(encoded)} all.bin>nul",
            "certutil -hashfile all.bin SHA256",
            "del /f /q *.b64 all.bin",
            *([then] if then else []),
        ]
        lines = [f"{name}:{line}".encode() for name in encoded for line in _armour(files[name]).decode().split("\r\n") if line]
        result = self._do(path, "&".join([*steps, "&&".join(decode)]), stdin=b"\r\n".join([*lines, b""]))
        if parse_digest(result.stdout) != hashlib.sha256(b"".join(files[name] for name in encoded)).hexdigest():
            raise VerificationError(f"What arrived in {path} on {self.name} differs from what was sent.", code="file_changed")

    def hash_file(self, path: str) -> FileEntry:
        """Return a file's size and digest; the entry's path is its name."""
        go, file = _place(path)
        result = self._do(
            path,
            f"({go}&{_require_file(file)}&{_size_of(file)}&certutil -hashfile {file} SHA256&exit 0)<nul",
        )
        first, _mark, rest = result.stdout.partition("\n")
        size = int(first[1:]) if re.fullmatch(r"#[0-9]{1,20}", first) else None
        digest = EMPTY_SHA256 if size == 0 else parse_digest(rest)
        if size is None or digest is None:
            raise self._failed("hash", path, result)
        return FileEntry(parent_and_name(path)[1], size, digest)

    def hash_folder(self, path: str, *, time_limit: float = 3600) -> list[FileEntry]:
        """Return all files below a folder with sizes and digests, sorted by path, in one round trip.

        :param time_limit: seconds.
        :raises CommandError: code C(file_operation_failed) when a file could not be read; I(evidence.files) names them.
        """
        result = self._do(
            path,
            f"({_require_folder(path)}&pushd {quote(windows_path(path))}&cd"
            "&dir /a-d /b /s 2>nul&echo /"
            '&for /r %f in (*) do @(echo #%~zf %f&if not %~zf==0 certutil -hashfile "%f" SHA256))<nul',
            time_limit=time_limit,
            accept_any=True,
        )
        files, unreadable = parse_hashes(result.stdout)
        if unreadable:
            failure = self._failed("hash", path, result)
            failure.evidence["files"] = unreadable[:100]
            raise failure
        return sorted(files, key=lambda file: file.path.lower())

    def list_folder(self, path: str) -> list[FolderItem]:
        """Return the files and folders directly in a folder, sorted by name."""
        items = self.ask(items=_windows.folder(path)).items
        if items is None:
            raise self._problem(path, _FOLDER_MISSING)
        return sorted(items, key=lambda item: item.name.lower())

    def make_folder(self, path: str, *, owner_only: bool = False) -> None:
        """Make a folder and those above it, if it does not exist.

        :param owner_only: whether only SYSTEM and Administrators may see it and what will be in it; existing or not.
        """
        folder, test = quote(windows_path(path)), folder_test(path)
        restrict = f"&{_restrict(folder, inherit=True)}" if owner_only else ""
        self._do(path, f"((if not exist {test} mkdir {folder})&(if not exist {test} exit {_FOLDER_MISSING}){restrict})<nul")

    def remove_file(self, path: str) -> None:
        """Remove a file if it exists."""
        parent, _name = parent_and_name(path)
        go, file = _place(path)
        self._do(
            path,
            f"((if not exist {folder_test(parent)} exit 0)&{go}&(if exist {_as_folder(file)} exit {_IS_A_FOLDER})"
            f"&(if exist {file} del /f /q /a {file})&(if exist {file} exit 1)&exit 0)<nul",
        )

    def remove_folder(self, path: str, *, guard: str = "") -> None:
        """Remove a folder with everything in it, if it exists.

        :param guard: another file, without which nothing is removed.
        :raises OptionError: code C(bad_path) for a drive's root or a folder directly below it.
        """
        parent, _name = parent_and_name(path)
        if parent.endswith("\\"):
            raise OptionError(f"{path!r} is too near to the root of its drive to be removed.", code="bad_path")
        folder, test = quote(windows_path(path)), folder_test(path)
        allowed = f"(if not exist {quote(windows_path(guard))} exit {_GUARD_MISSING})&" if guard else ""
        self._do(path, f"({allowed}(if exist {test} rmdir /s /q {folder})&(if exist {test} exit 1)&exit 0)<nul")

    def move(self, source: str, destination: str, *, replace: bool = False) -> None:
        """Rename a file or folder, or move it on the same drive.

        :param replace: whether an existing file of the new name is replaced; a folder never is.
        """
        go, old = _place(source)
        new = quote(windows_path(destination))
        self._do(source, f"({go}&(if not exist {old} exit {_FILE_MISSING}))<nul")
        test = folder_test(destination)
        refuse = f"(if exist {test} exit {_IS_A_FOLDER})" if replace else f"(if exist {new} exit {_EXISTS})"
        self._do(destination, f"({go}&{_move(old, new, refuse)})<nul")

    # Helpers

    def _do(
        self,
        path: str,
        line: str,
        *,
        stdin: bytes | None = None,
        time_limit: float | None = None,
        accept_any: bool = False,
    ) -> CommandResult:
        result = self._internal(line, stdin=stdin, time_limit=time_limit)
        if result.exit_code in _PROBLEMS:
            raise self._problem(path, result.exit_code)
        if result.exit_code and not accept_any:
            raise self._failed("change", path, result)
        return result

    def _clean_up(self, line: str, error: UpgradeError) -> None:
        if error.failure_class != "connection_lost":
            try:
                self._internal(f"({line})<nul")
            except UpgradeError as exc:
                self.log(4, f"{self.name}: cleaning up: {exc}")

    def _problem(self, path: str, exit_code: int) -> PreconditionError:
        code, text = _PROBLEMS[exit_code]
        return PreconditionError(f"{path} on {self.name} {text}.", code=code, evidence={"host": self.name, "path": path})

    def _failed(self, verb: str, path: str, result: CommandResult) -> CommandError:
        return CommandError(
            f"Could not {verb} {path} on {self.name}.",
            code="file_operation_failed",
            remedy="Check the path, the account's rights, free space, and that no program holds the file open.",
            evidence={
                "host": self.name,
                "path": path,
                "exit_code": result.exit_code,
                "stdout": result.stdout[-1000:],
                "stderr": result.stderr[-1000:],
            },
        )


def _place(path: str) -> tuple[str, str]:
    """Return the command that goes to a file's folder, and the file as it is called there."""
    parent, name = parent_and_name(path)
    return f"(pushd {quote(parent)} 2>nul||exit {_FOLDER_MISSING})", quote(f".\\{name}")


def _as_folder(quoted: str) -> str:
    return quoted[:-1] + '\\"'


def _require_file(file: str) -> str:
    return f"(if not exist {file} exit {_FILE_MISSING})&(if exist {_as_folder(file)} exit {_IS_A_FOLDER})"


def _require_folder(path: str) -> str:
    return f"(if not exist {folder_test(path)} exit {_FOLDER_MISSING})"


def _size_of(file: str) -> str:
    return f"(for %f in ({file}) do @echo #%~zf)"


def _has_digest(file: str, data: bytes, scratch: str) -> str:
    """Return a command that succeeds where a file has a content.

    :param scratch: a file to write to.
    """
    digest = hashlib.sha256(data).hexdigest()
    pairs = " ".join(digest[at : at + 2] for at in range(0, len(digest), 2))  # as certutil prints it before Windows 10
    return f'(certutil -hashfile {file} SHA256>{scratch}&&(find /i "{digest}" {scratch}>nul||find /i "{pairs}" {scratch}>nul))'


def _exit_if_written(file: str, data: bytes, scratch: str) -> str:
    """Return a command that ends the line well where a file has a content."""
    if not data:
        return f"(for %f in ({file}) do @if %~zf==0 exit 0)"
    return f"({_has_digest(file, data, scratch)}&&(del /f /q {scratch}&exit 0))&del /f /q {scratch} 2>nul"


def _move(old: str, new: str, refuse: str) -> str:
    # The old name was there just before. When it is gone, an earlier try of this line has done the work.
    # Not every Windows understands quotation marks in the middle of the new name, hence the look afterwards.
    return f"(if not exist {old} if exist {new} exit 0)&{refuse}&move /y {old} {new}>nul&&(if not exist {new} exit 1)"


def _restrict(quoted: str, *, inherit: bool = False) -> str:
    rights = "(OI)(CI)F" if inherit else "F"
    grants = " ".join(f'"{owner}:{rights}"' for owner in _OWNERS)
    return f"icacls {quoted} /inheritance:r /grant:r {grants}>nul"


def _armour(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\r\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])
