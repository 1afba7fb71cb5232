# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the base image: Debian with Wine and an empty Windows prefix."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.image.apt_source import debian_archive

from .engine import Engine
from .errors import LabError
from .hashing import digest

SUITE = "trixie"
_INPUTS = ("packages.txt", "setup-root.sh", "lab.reg")
_UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


def base_image_name(recipe: Path) -> str:
    """The image's name for the recipe in that folder."""
    return f"localhost/jp1lab-base:{digest(SUITE, *(recipe / name for name in _INPUTS))}"


def make_base_image(engine: Engine, recipe: Path, name: str, log: Path) -> None:
    """Make the image: by mmdebstrap from this machine's Debian archive where possible, else from a registry's image.

    :param log: file for the output of the programs that make it.
    :raises LabError: it could not be made; the message names the log.
    """
    archive = debian_archive()
    if engine.is_podman and os.geteuid() == 0 and archive and shutil.which("mmdebstrap"):
        _from_packages(engine, recipe, name, archive, log)
        return
    with log.open("w", encoding="utf-8") as output:
        command = [engine.program, "build", "--tag", name, "--file", str(recipe / "Containerfile"), str(recipe)]
        _check(subprocess.run(command, stdout=output, stderr=output, env=engine.environment, check=False).returncode, log)


def mmdebstrap_command(recipe: Path, archive: str) -> list[str]:
    """The command that writes the root file system as a tar archive to its standard output."""
    packages = [line for line in (recipe / "packages.txt").read_text(encoding="ascii").split("\n") if line]
    files = " ".join(shlex.quote(str(recipe / name)) for name in _INPUTS)
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(packages)}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _UNWANTED),
        '--customize-hook=mkdir "$1/tmp/image"',
        f"--customize-hook=copy-in {files} /tmp/image",
        '--customize-hook=chroot "$1" sh /tmp/image/setup-root.sh /tmp/image',
        '--customize-hook=rm -r "$1/tmp/image"',
        SUITE,
        "-",
        f"deb {archive} {SUITE} main",
    ]


def _from_packages(engine: Engine, recipe: Path, name: str, archive: str, log: Path) -> None:
    # mmdebstrap removes its work folder at its end; a killed one's is removed here, at the next build.
    work = Path(tempfile.gettempdir()) / "jp1lab-base-image"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o755)
    try:
        with log.open("w", encoding="utf-8") as output:
            environment = {**os.environ, "TMPDIR": str(work)}
            command = mmdebstrap_command(recipe, archive)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output, env=environment) as maker:
                importer = [
                    engine.program,
                    "import",
                    "--change",
                    "ENV WINEPREFIX=/opt/lab/prefix",
                    "-",
                    f"{name}-unproven",
                ]
                imported = subprocess.run(importer, stdin=maker.stdout, stdout=output, stderr=output, env=engine.environment, check=False)
            # A broken archive can still be imported: the image gets its real name only when both ends are well.
            _check(maker.returncode or imported.returncode, log)
            engine.run("tag", f"{name}-unproven", name)
            engine.run("untag", name, f"{name}-unproven")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(exit_code: int, log: Path) -> None:
    if exit_code:
        raise LabError(f"The base image could not be made (exit code {exit_code}); see {log}.")
