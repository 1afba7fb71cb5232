# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check catalogue of preflight: pure rules over what was seen on the servers.

Each rule yields findings. A rule never guesses: what could not be seen is a finding of its own.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._profile import ACTIONS, ASKING_ACTIONS, SECRET_VARIABLES, Profile
from ansible_collections.jp1.itdm.plugins.module_utils._version import (
    FIRST_WITH_MDM_CERTIFICATE,
    ProductVersion,
    check_target,
    check_upgrade,
)

GB = 1_000_000_000
BACKUP_BYTES = 20 * GB  # Configuration Guide 5.10, step 1
INSTALLATION_BYTES = 24 * GB // 10  # Configuration Guide 5.10, steps 3 and 5

BLOCKER = "blocker"
WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One result of a check that did not simply pass.

    :param check: the check's stable id.
    :param severity: V(blocker) or V(warning).
    :param host: the inventory name of the server.
    :param message: what was found.
    :param remedy: what to do about it.
    """

    check: str
    severity: str
    host: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Wanted:
    """What the run intends to do on one server.

    :param target_version: the version to upgrade to.
    :param media_folder: folder of the new version's media on that server.
    :param old_media_folder: folder of the installed version's media, or an empty text.
    :param backup_folder: folder that will hold the backup, or an empty text where none is taken.
    :param backup_copy_folder: folder on another drive or share that will hold its second copy, or an empty text.
    :param accept_no_way_back: the user accepts that there is no old media.
    :param secrets_given: names of the secret variables that have a value.
    :param license_file: the licence file on the management server, or an empty text.
    """

    target_version: str
    media_folder: str
    old_media_folder: str = ""
    backup_folder: str = ""
    backup_copy_folder: str = ""
    accept_no_way_back: bool = False
    secrets_given: tuple[str, ...] = ()
    license_file: str = ""


@dataclass(frozen=True)
class Subject:
    """What the rules of one server look at.

    :param host: inventory name.
    :param server: V(management_server) or V(database_server).
    :param seen: the inspection of that server, as the module RV(manager_info.state) returns it, plus C(disks), C(media), C(old_media),
        C(programs_missing) (by action), C(backup_copy) (whether its drive or share is C(readable), and C(free) bytes there) and
        C(license_file) (whether it is there).
    """

    host: str
    server: str
    seen: Mapping[str, Any]
    wanted: Wanted
    profile: Profile

    def blocker(self, check: str, message: str, remedy: str) -> Finding:
        """Return a finding that stops the run before its first change."""
        return Finding(check, BLOCKER, self.host, message, remedy)

    def warning(self, check: str, message: str, remedy: str) -> Finding:
        """Return a finding that the run only reports."""
        return Finding(check, WARNING, self.host, message, remedy)


Rule = Callable[[Subject], Iterator[Finding]]


def check_server(subject: Subject) -> list[Finding]:
    """Run every rule of a single server and return all findings, in the catalogue's order."""
    return [finding for rule in _RULES for finding in rule(subject)]


def _product(subject: Subject) -> Iterator[Finding]:
    product = subject.seen["product"]
    if not product["installed"]:
        yield subject.blocker(
            "product_installed",
            f"{subject.profile['product.display_name']} is not among the installed programs.",
            "Check that the inventory names the right server, and the profile's field product.display_name.",
        )
    elif not product["version"]:
        yield subject.blocker(
            "product_installed",
            f"The installed version can not be told from {product['version_text']!r}.",
            "Check the profile's field product.version_pattern.",
        )
    else:
        try:
            check_target(ProductVersion.parse(subject.wanted.target_version, "target_version"))
            check_upgrade(ProductVersion.parse(product["version"]), ProductVersion.parse(subject.wanted.target_version, "target_version"))
        except OptionError as error:
            yield subject.blocker(error.code, error.message, error.remedy)


def _account(subject: Subject) -> Iterator[Finding]:
    if not subject.seen["elevated"]:
        yield subject.blocker(
            "elevated_account",
            f"The account {subject.seen['account'] or 'of the connection'} has no administrator's rights in this session.",
            "Use a member of the local Administrators group whose remote token is not filtered (see the guide 'First real system').",
        )


def _tools(subject: Subject) -> Iterator[Finding]:
    missing = subject.seen["tools_missing"]
    if missing:
        yield subject.blocker(
            "windows_tools", f"These Windows programs are missing: {', '.join(missing)}.", "Put them back, or use another server."
        )


def _restart(subject: Subject) -> Iterator[Finding]:
    reasons = subject.seen["pending_restart"]
    if reasons:
        yield subject.blocker(
            "pending_restart", f"Windows waits for a restart ({', '.join(reasons)}).", "Restart the server, then run again."
        )


def _installer(subject: Subject) -> Iterator[Finding]:
    running = subject.seen["installers_running"]
    if running:
        yield subject.blocker(
            "installer_running", f"An installer is running: {', '.join(running)}.", "Wait until it has ended, then run again."
        )


def _cluster(subject: Subject) -> Iterator[Finding]:
    if subject.seen["cluster"]:
        yield subject.blocker(
            "cluster",
            "The server is a node of a cluster, which this collection does not upgrade.",
            "Follow the manual's procedure for clusters.",
        )


def _services(subject: Subject) -> Iterator[Finding]:
    field = f"services.{subject.server}"
    if not subject.profile[field]:
        say = subject.blocker if subject.server == "management_server" else subject.warning
        yield say("services_known", f"The profile's field {field} is empty; nobody can see whether the services run.", "Fill it in.")
    elif not subject.seen["services"]:
        yield subject.blocker(
            "services_known",
            f"No service matches {', '.join(subject.profile[field])}.",
            f"Check the profile's field {field} (list the names with 'sc query state= all').",
        )


def _services_running(subject: Subject) -> Iterator[Finding]:
    down = [
        f"{name} is {service['state']}"
        for name, service in subject.seen["services"].items()
        if service["start_type"] == "auto" and service["state"] != "running"
    ]
    if down:
        yield subject.blocker(
            "services_running",
            f"Services that start with Windows do not run: {', '.join(down)}.",
            "Start them first: a rollback returns to the state of now, and proves it.",
        )


def _programs(subject: Subject) -> Iterator[Finding]:
    for action, program in subject.seen["programs_missing"].items():
        yield subject.blocker(
            "programs_known",
            f"{program} does not exist, which the profile names for {action}.",
            f"Correct the profile's field {action}.argv.",
        )


def _installation_space(subject: Subject) -> Iterator[Finding]:
    product = subject.seen["product"]
    drives = {"system drive": subject.seen["system_drive"], "drive of the install folder": drive_of(product["install_folder"])}
    for what in [what for what, drive in drives.items() if not drive and (product["installed"] or what == "system drive")]:
        yield subject.blocker(
            "installation_space",
            f"The {what} can not be told, so its free space is not known.",
            "Check the profile's field product.install_folder, and the environment variable SystemDrive on the server.",
        )
    for drive in sorted(set(drives.values()) - {""}):
        yield from _space(subject, "installation_space", drive, INSTALLATION_BYTES, "the overwrite installation")


def _backup_space(subject: Subject) -> Iterator[Finding]:
    folder = subject.wanted.backup_folder
    if not folder:
        return
    if not _is_local(folder):
        yield subject.blocker(
            "backup_folder", f"upgrade_backup_folder: {folder!r} is not on a local drive.", "Name a folder such as D:\\JP1\\backup."
        )
        return
    yield from _space(subject, "backup_space", drive_of(folder), BACKUP_BYTES, "the backup")


def _backup_copy(subject: Subject) -> Iterator[Finding]:
    folder = subject.wanted.backup_copy_folder
    if not folder:
        return
    place = subject.seen["backup_copy"]
    if drive_of(folder) and drive_of(folder) == drive_of(subject.wanted.backup_folder):
        yield subject.blocker(
            "backup_copy",
            f"upgrade_backup_copy_folder: {folder!r} is on the same drive as upgrade_backup_folder, and would be lost together with it.",
            "Name a folder on another drive or on a share.",
        )
    elif not place["readable"]:
        yield subject.blocker(
            "backup_copy",
            f"upgrade_backup_copy_folder: the drive or share of {folder!r} can not be reached.",
            "Correct the option. A share needs a connection that passes its credentials on, by CredSSP or Kerberos delegation.",
        )
    elif place["free"] is None or place["free"] < BACKUP_BYTES:
        free = "can not be told" if place["free"] is None else f"is {place['free'] / GB:.1f} GB"
        yield subject.warning(
            "backup_copy_space",
            f"The free space for the copy of the backup in {folder} {free}; the backup's own folder needs {BACKUP_BYTES / GB:.1f} GB.",
            "Make sure that the backup fits there. That is checked before it is copied.",
        )


def _space(subject: Subject, check: str, drive: str, needed: int, purpose: str) -> Iterator[Finding]:
    disk = subject.seen["disks"].get(drive)
    if disk is None:
        yield subject.blocker(
            check, f"The free space of drive {drive} can not be read.", "Check that the drive exists and is a local drive."
        )
    elif disk["free"] < needed:
        yield subject.blocker(
            check,
            f"Drive {drive} has {disk['free'] / GB:.1f} GB free; {purpose} needs {needed / GB:.1f} GB.",
            f"Free {(needed - disk['free']) / GB:.1f} GB on drive {drive}.",
        )


def _media(subject: Subject) -> Iterator[Finding]:
    yield from _one_media(
        subject, "media", "upgrade_media_folder", subject.wanted.media_folder, subject.seen["media"], subject.wanted.target_version
    )


def _old_media(subject: Subject) -> Iterator[Finding]:
    wanted = subject.wanted
    if not wanted.old_media_folder:
        if wanted.accept_no_way_back:
            yield subject.warning(
                "old_media",
                "There is no media of the installed version, so there is no automatic way back.",
                "If an installation fails, contact the support service.",
            )
        else:
            yield subject.blocker(
                "old_media",
                "upgrade_old_media_folder is empty: without the installed version's media there is no way back.",
                "Put the old media on the server, or set upgrade_accept_no_way_back: true (then, if an installation fails, "
                "the support service has to be contacted).",
            )
        return
    installed = subject.seen["product"]["version"] or ""
    yield from _one_media(subject, "old_media", "upgrade_old_media_folder", wanted.old_media_folder, subject.seen["old_media"], installed)


def _one_media(subject: Subject, check: str, option: str, folder: str, media: Mapping[str, Any], expected: str) -> Iterator[Finding]:
    if not _is_local(folder):
        yield subject.blocker(
            check,
            f"{option}: {folder!r} is not a folder on a local drive; the installer would not see it.",
            "Copy the media to a folder such as D:\\JP1\\media.",
        )
    elif not media.get("readable"):
        yield subject.blocker(
            check,
            f"{option}: {media.get('installer') or folder} does not exist or can not be read.",
            "Copy the complete media there, or correct the option.",
        )
    elif subject.profile["media.version_file"] and media.get("version") != expected:
        found = media.get("version") or "no version"
        yield subject.blocker(
            check, f"{option}: the media in {folder} states {found}, not {expected}.", "Put the right media there, or correct the option."
        )
    elif not subject.profile["media.version_file"]:
        yield subject.warning(
            check,
            f"{option}: the profile does not say how to read the media's version, so {expected} is taken on trust.",
            "Check the media by hand, or fill in media.version_file and media.version_pattern.",
        )


_ACTIONS_ON = {
    "management_server": (
        "stop_services",
        "install",
        "uninstall",
        "start_for_license",
        "register_license",
        "start_services",
        "license_status",
    ),
    "database_server": ("backup", "restore", "install", "uninstall", "setup_database", "database_status", "backup_status"),
}


def _way_back(subject: Subject) -> Iterator[Finding]:
    profile, wanted = subject.profile, subject.wanted
    for secret in SECRET_VARIABLES:
        users = [action for action in _actions(subject) if profile.needs_secret(action, secret)]
        if users and secret not in wanted.secrets_given:
            yield subject.blocker(
                "credentials",
                f"upgrade_{secret} is empty, but the profile needs it for {', '.join(users)}.",
                "Give it by ansible-vault or a credential of AWX; the way back needs it.",
            )


def _actions(subject: Subject) -> list[str]:
    """Return the actions that an upgrade or the way back takes on a server."""
    profile = subject.profile
    left_out = {
        "uninstall": not profile["rollback.remove_new_version_first"],
        "start_for_license": "start_for_license" not in profile["rollback.order"],
    }
    return [action for action in _ACTIONS_ON[subject.server] if not left_out.get(action)]


def _profile_complete(subject: Subject) -> Iterator[Finding]:
    for action in _actions(subject):
        if action not in ASKING_ACTIONS and subject.profile[f"{action}.method"] == "none":
            yield subject.blocker(
                # a check of its own, because a run may leave Setup out
                "setup_known" if action == "setup_database" else "profile_complete",
                f"The profile's field {action}.method is none, so the upgrade or the way back would stop there.",
                f"Set {action}.method to command or manual.",
            )
        elif action == "start_for_license" and not subject.profile["services.for_license"]:
            yield subject.blocker(
                "profile_complete",
                "The profile's field services.for_license is empty, so the way back would stop before it registers the licence.",
                "Fill it in, or take start_for_license out of rollback.order.",
            )


_OF_INSTALLATION = ("auto_update", "log_file", "media_folder", "start_services", "version")
# What is filled in for an action, besides the install folder and the secrets.
_FILLED_IN = {
    "backup": ("backup_folder",),
    "backup_status": ("backup_folder",),
    "restore": ("backup_folder",),
    "setup_database": ("version",),
    "install": (*_OF_INSTALLATION, "response_file"),
    "uninstall": _OF_INSTALLATION,
    "register_license": ("license_file",),
}


def _profile_variables(subject: Subject) -> Iterator[Finding]:
    profile = subject.profile
    empty = {
        name: source
        for name, source, value in (
            ("license_file", "upgrade_license_file", subject.wanted.license_file),
            ("log_file", "the profile's field install.log_file", profile["install.log_file"]),
            ("response_file", "the profile's field install.response_file", profile["install.response_file"]),
        )
        if not value
    }
    for action in _actions(subject):
        filled_in = _FILLED_IN.get(action, ())
        for variable in sorted(profile.variables(action) - {"install_folder", *SECRET_VARIABLES}):
            if variable not in filled_in or variable in empty:
                yield subject.blocker(
                    "profile_variables",
                    f"The profile's templates for {action} name {{{variable}}}, which has no value there.",
                    f"Set {empty[variable]}." if variable in filled_in else f"Take it out of the profile's fields of {action}.",
                )


def _license_file(subject: Subject) -> Iterator[Finding]:
    file, profile = subject.wanted.license_file, subject.profile
    # a person, and SYSTEM, may reach a share that the connection does not
    seen_from_here = profile["register_license.method"] == "command" and profile["register_license.run_in"] == "shell"
    needed = "register_license" in _actions(subject) and "license_file" in profile.variables("register_license")
    if needed and seen_from_here and file and not subject.seen["license_file"]:
        yield subject.blocker(
            "license_file",
            f"upgrade_license_file: {file} does not exist or can not be read.",
            "Copy the licence file there, or correct the option; the way back needs it.",
        )


def _profile_truth(subject: Subject) -> Iterator[Finding]:
    assumed = subject.profile.assumed()
    if assumed:
        yield subject.warning(
            "profile_assumed",
            f"Nobody has confirmed {len(assumed)} fields of profile {subject.profile.name}: {', '.join(assumed)}.",
            "Confirm or replace them by upgrade_profile_overrides.",
        )
    for action in ACTIONS:
        if profile_secret_in_argv(subject.profile, action):
            yield subject.warning(
                "secret_in_argv",
                f"The profile passes a secret on the command line of {action}, where other users of the server can read it.",
                f"Use {action}.stdin where the program can read standard input.",
            )


def profile_secret_in_argv(profile: Profile, action: str) -> bool:
    """Say whether an action's command line carries a secret with the profile's consent."""
    return bool(profile[f"{action}.method"] == "command" and profile[f"{action}.secret_in_argv"] == "accepted")


def drive_of(folder: str) -> str:
    """Return the drive of a Windows folder as C(C:), or an empty text when it has none."""
    drive = ntpath.splitdrive(folder or "")[0]
    return drive.upper() if len(drive) == 2 else ""


def _is_local(folder: str) -> bool:
    return bool(drive_of(folder)) and ntpath.isabs(folder)


_RULES: tuple[Rule, ...] = (
    _account,
    _tools,
    _product,
    _services,
    _services_running,
    _programs,
    _cluster,
    _restart,
    _installer,
    _installation_space,
    _backup_space,
    _backup_copy,
    _media,
    _old_media,
    _way_back,
    _profile_complete,
    _profile_variables,
    _license_file,
    _profile_truth,
)


def check_system(
    management_server: Mapping[str, Any],
    database_server: Mapping[str, Any],
    target_version: str,
    max_clock_difference: float = 60.0,
) -> list[Finding]:
    """Run the rules that need both servers of a system.

    :param management_server: its inspection, see RV(manager_info.state).
    :param database_server: its inspection.
    :param max_clock_difference: seconds.
    """
    findings: list[Finding] = []
    host = management_server["host"]
    versions = [server["product"]["version"] for server in (management_server, database_server)]
    if all(versions) and versions[0] != versions[1]:
        findings.append(
            Finding(
                "same_version",
                BLOCKER,
                host,
                f"The management server has version {versions[0]}, but the database server {database_server['host']} has {versions[1]}.",
                "Bring both servers to the same version first, or run rollback.yml if an upgrade was interrupted.",
            )
        )
    names = [server["computer_name"] for server in (management_server, database_server)]
    if not all(names):
        findings.append(Finding("two_servers", WARNING, host, "The servers' computer names could not be read.", "Compare them by hand."))
    elif names[0].lower() == names[1].lower():
        findings.append(
            Finding(
                "two_servers",
                BLOCKER,
                host,
                f"Management server and database server are the same computer, {names[0]}.",
                "Correct upgrade_database_server; this procedure is for a multi-server configuration.",
            )
        )
    offsets = [server["clock_offset"] for server in (management_server, database_server)]
    if None in offsets:
        findings.append(Finding("clock_difference", WARNING, host, "The servers' clocks could not be read.", "Compare them by hand."))
    elif abs(offsets[0] - offsets[1]) > max_clock_difference:
        findings.append(
            Finding(
                "clock_difference",
                BLOCKER,
                host,
                f"The clocks of both servers differ by {abs(offsets[0] - offsets[1]):.0f} seconds "
                f"(at most {max_clock_difference:.0f} are allowed).",
                "Set the clocks, then run again.",
            )
        )
    if versions[0] and ProductVersion.parse(versions[0]) < FIRST_WITH_MDM_CERTIFICATE <= ProductVersion.parse(target_version):
        findings.append(
            Finding(
                "mdm_linkage",
                WARNING,
                host,
                "From 10-00 on, linkage with an MDM system starts only after its server certificate was validated.",
                "If an MDM system is linked, make the settings of Configuration Guide 4.6 and check the MDM server's host name.",
            )
        )
    return findings
