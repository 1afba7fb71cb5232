# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module: one specification each, used by the action and by the documented module.

Note that this module is private to the collection.
"""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

DEFAULT_PROFILE = "jp1_itdm_v10"

# An option that is not given is taken from this variable: settings need not be repeated on every task, and a secret never stands where
# Ansible shows a task's arguments.
FROM_VARIABLES = {
    option: f"upgrade_{option}"
    for option in (
        "profile",
        "profile_overrides",
        "confirmed_steps",
        "database_password",
        "license_key",
        "journal_folder",
        "reconnection_time",
    )
}

# How long a server that does not answer is waited for.
_CONNECTION: Spec = {"reconnection_time": {"type": "int"}}

# The secrets belong to the profile, because any of its actions may name them, and its programs may print them.
_PROFILE: Spec = {
    "profile": {"type": "str"},
    "profile_overrides": {"type": "dict"},
    "confirmed_steps": {"type": "list", "elements": "str"},
    "database_password": {"type": "str", "no_log": True},
    "license_key": {"type": "str", "no_log": True},
}
# Where detached programs keep their folders, and which run they belong to.
_JOB: Spec = {
    "journal_folder": {"type": "str"},
    "run_id": {"type": "str", "default": "run"},
}
_SERVER: Spec = {
    "server": {"type": "str", "required": True, "choices": ["management_server", "database_server"]},
}
_LICENSE_FILE: Spec = {"license_file": {"type": "str", "default": ""}}

MANAGER_INFO: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_SERVER,
    "wait_for_operation_window": {"type": "bool", "default": False},
    "program_files": {"type": "bool", "default": True},
}

PREFLIGHT: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_SERVER,
    **_LICENSE_FILE,
    "target_version": {"type": "str", "required": True},
    "media_folder": {"type": "str", "required": True},
    "old_media_folder": {"type": "str", "default": ""},
    "backup_folder": {"type": "str", "default": ""},
    "backup_copy_folder": {"type": "str", "default": ""},
    "accept_no_way_back": {"type": "bool", "default": False},
}

DATABASE_BACKUP: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_JOB,
    "folder": {"type": "str", "required": True},
    "copy_folder": {"type": "str", "default": ""},
    "run_id": {"type": "str", "required": True},
    "state": {"type": "str", "default": "taken", "choices": ["taken", "verified", "absent"]},
}

DATABASE_RESTORE: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_JOB,
    "folder": {"type": "str", "required": True},
    "run_id": {"type": "str"},
}

MANAGER_SERVICE: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_SERVER,
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
    "purpose": {
        "type": "str",
        "default": "operation",
        "choices": ["operation", "license_registration", "installation"],
    },
}

MANAGER_INSTALL: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_JOB,
    **_SERVER,
    "version": {"type": "str", "required": True},
    "media_folder": {"type": "str", "required": True},
    "auto_update": {"type": "bool", "default": False},
    "start_services": {"type": "bool", "default": True},
    "removal_media_folder": {"type": "str", "default": ""},
    "program_files": {"type": "dict"},
}

DATABASE_SETUP: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_JOB,
    "version": {"type": "str", "required": True},
}

MANAGER_LICENSE: Spec = {**_CONNECTION, **_PROFILE, **_LICENSE_FILE}

UPGRADE_EVIDENCE: Spec = {
    **_PROFILE,
    **_SERVER,
    "journal_folder": _JOB["journal_folder"],
    "folder": {"type": "path", "required": True},
    "run_id": {"type": "str", "required": True},
    "time_limit": {"type": "int", "default": 60},
}

UPGRADE_JOURNAL: Spec = {
    **_CONNECTION,
    "folder": {"type": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["read", "locked", "opened", "noted", "unlocked", "mirrored", "pruned"]},
    "run_id": {"type": "str", "default": ""},
    "token": {"type": "str", "default": "", "no_log": False},
    "content": {"type": "dict", "default": {}},
    "steps": {"type": "dict", "default": {}},
    "evidence": {"type": "dict", "default": {}},
    "documents": {"type": "dict", "default": {}},
    "doing": {"type": "str", "default": ""},
    "take_over_from": {"type": "dict", "default": {}},
    "position": {"type": "int"},
    "keep": {"type": "int", "default": 10},
    "controller_folder": {"type": "str", "default": ""},
}

UPGRADE_JOB: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_JOB,
    **_SERVER,
    "run_id": {"type": "str", "required": True},
    "results": {"type": "str", "choices": ["keep", "remove"], "default": "keep"},
}

UPGRADE_REHEARSAL: Spec = {
    **_CONNECTION,
    **_PROFILE,
    **_SERVER,
    "journal_folder": {"type": "str"},
    "media_folders": {"type": "list", "elements": "str", "default": []},
    "writable_folders": {"type": "list", "elements": "str", "default": []},
}

UPGRADE_RESULT: Spec = {
    "path": {"type": "path", "required": True},
    "content": {"type": "dict", "required": True},
}
