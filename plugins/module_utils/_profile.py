# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product profile: all that the manuals do not state, as data.

A profile is a flat mapping from field names to a value and its source. This module knows the fields, their types and defaults, and the
rules that a whole profile must keep. It does no input or output.

Note that this module is private to the collection.
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError

SOURCES = ("guide", "discovered", "assumed")
METHODS = ("command", "manual", "services", "none")
RUN_IN = ("task", "shell")
ROLLBACK_STEPS = (
    "stop_services",
    "install_on_database_server",
    "install_on_management_server",
    "start_for_license",
    "register_license",
    "restore_database",
    "start_services",
)

# Templates may name these; the secrets among them only in standard input and the response file, and on a command line where the profile
# accepts that.
SECRET_VARIABLES = ("database_password", "license_key")
VARIABLES = (
    *SECRET_VARIABLES,
    "auto_update",
    "backup_folder",
    "install_folder",
    "license_file",
    "log_file",
    "media_folder",
    "response_file",
    "start_services",
    "version",
)


@dataclass(frozen=True)
class Field:
    """A field of the profile: its type, its default and one sentence about it."""

    type: str  # text, pattern, integer, boolean, list, integers, template, templates, or the name of a choice list
    default: Any
    description: str


_CHOICES: dict[str, tuple[str, ...]] = {"method": METHODS, "run_in": RUN_IN, "rollback_steps": ROLLBACK_STEPS}

_ACTIONS = {
    "stop_services": "stops the management server's services (the stopservice command)",
    "start_services": "starts the management server's services",
    "start_for_license": "starts what registering the licence needs",
    "backup": "backs the database up (Database Manager or its command form)",
    "restore": "restores the database (Database Manager or its command form)",
    "install": "overwrite-installs the product from the media",
    "uninstall": "removes the product",
    "setup_database": "upgrades the database (Setup)",
    "register_license": "registers the licence",
    "license_status": "tells whether a licence is registered",
    "database_status": "tells the number of records and the schema version of the database",
    "backup_status": "tells the number of records in a backup",
}
ACTIONS = tuple(_ACTIONS)
# What changes nothing.
ASKING_ACTIONS = ("license_status", "database_status", "backup_status")
# What may take hours, and must not end with the connection.
LONG_ACTIONS = ("backup", "restore", "install", "uninstall", "setup_database")


def _action_fields(action: str, does: str) -> dict[str, Field]:
    return {
        f"{action}.method": Field("method", "none", f"How the step that {does} is done."),
        f"{action}.argv": Field("templates", [], f"The program that {does} and its arguments."),
        f"{action}.stdin": Field("template", "", "What the program reads from its standard input."),
        f"{action}.working_folder": Field("template", "", "The folder that the program is started in."),
        f"{action}.run_in": Field(
            "run_in",
            "task" if action in LONG_ACTIONS else "shell",
            "V(shell): the connection's shell starts the program. V(task): the Task Scheduler starts it as SYSTEM, detached from the "
            "connection.",
        ),
        f"{action}.time_limit": Field("integer", 3600, "Seconds that the program may take."),
        f"{action}.accepted_exit_codes": Field("integers", [0], "Exit codes that mean success."),
        f"{action}.restart_exit_codes": Field("integers", [], "Exit codes that mean success and a pending restart."),
        f"{action}.instruction": Field("template", "", "What a person does when the method is manual."),
        f"{action}.secret_in_argv": Field("text", "", "V(accepted) permits a secret on the program's command line."),
    }


FIELDS: dict[str, Field] = {
    "product.display_name": Field(
        "pattern", r"JP1/IT Desktop Management - Manager", "Pattern of the product's name among the installed programs."
    ),
    "product.registry_view": Field("integer", 32, "The registry view of the product, 32 or 64."),
    "product.version_pattern": Field(
        "pattern", r"(\d\d)[-.](\d\d)(?:[-.](\d\d|[A-Z]{1,2}))?", "Pattern of the installed version; groups VV, RR and SS."
    ),
    "product.install_folder": Field("text", "", "The install folder, where the registry does not tell it."),
    "product.program_folders": Field("templates", [], "Folders whose files are compared before and after a rollback."),
    "product.settings_files": Field("templates", [], "Files with the product's settings, which are compared before and after a rollback."),
    "product.installer_processes": Field("list", [], "Names of processes that show a running installer."),
    "services.management_server": Field("list", [], "Name patterns of the management server's services, in start order."),
    "services.database_server": Field("list", [], "Name patterns of the database server's services, in start order."),
    "services.for_license": Field("list", [], "Services that must run while the licence is registered."),
    "services.stop_before_database_install": Field(
        "list", [], "Services to stop on the database server before the overwrite installation there."
    ),
    "services.time_limit": Field("integer", 300, "Seconds that one service may take to start or stop."),
    "operation_window.port": Field("integer", 31080, "TCP port of the operation window on the management server."),
    "operation_window.time_limit": Field("integer", 300, "Seconds until the operation window's port must answer."),
    "database_status.records": Field("pattern", "", "Pattern of the number of records in the status program's output."),
    "database_status.schema": Field("pattern", "", "Pattern of the schema version in the status program's output."),
    "database.folder": Field("template", "", "The folder of the database on the database server; its drive has to take a restore."),
    "database_status.damaged_exit_codes": Field(
        "integers", [], "Exit codes by which the status program says that the database is damaged; it has told all the same."
    ),
    "license_status.registered": Field("pattern", "", "Pattern that only stands in the output when a licence is registered."),
    "media.installer": Field("text", "", "The installer, relative to the media folder."),
    "media.version_file": Field("text", "", "A text file on the media that states its version, relative to the folder."),
    "media.version_pattern": Field("pattern", "", "Pattern of the version in that file; one group."),
    "install.response_file": Field("template", "", "The text of the response file; empty where the installer takes none."),
    "install.log_file": Field("template", "", "The installer's log, for the evidence."),
    "evidence.files": Field(
        "templates",
        [],
        "Logs to collect when something fails; their names may have C(*) and C(?). The installer's log is always one of them.",
    ),
    "setup_database.upgrades_schema": Field("boolean", True, "Whether the schema version equals the product's version after Setup."),
    "rollback.order": Field(
        "rollback_steps",
        [
            "stop_services",
            "install_on_database_server",
            "install_on_management_server",
            "start_for_license",
            "register_license",
            "stop_services",
            "restore_database",
            "start_services",
        ],
        "The steps of a rollback in their order.",
    ),
    "rollback.remove_new_version_first": Field("boolean", True, "Whether the new version is removed before the old one is installed."),
}
for _name, _does in _ACTIONS.items():
    FIELDS.update(_action_fields(_name, _does))


@dataclass(frozen=True)
class Profile:
    """A complete, checked profile.

    :param name: the profile's name, for messages.
    :param values: every field's value.
    :param sources: every field's source: V(guide), V(discovered), V(assumed), V(default) or V(operator).
    """

    name: str
    values: Mapping[str, Any]
    sources: Mapping[str, str]

    def __getitem__(self, field: str) -> Any:
        return self.values[field]

    def assumed(self) -> list[str]:
        """Return the names of the fields that nobody has confirmed, sorted."""
        return sorted(name for name, source in self.sources.items() if source == "assumed")

    def needs_secret(self, action: str, variable: str) -> bool:
        """Say whether an action's templates use the given secret variable."""
        return variable in self.variables(action)

    def variables(self, action: str) -> set[str]:
        """Return the variables in the templates that an action's method fills in."""
        method = self[f"{action}.method"]
        templates: list[str] = []
        if method == "manual":
            templates = [self[f"{action}.instruction"]]
        elif method == "command":
            templates = [*self[f"{action}.argv"], self[f"{action}.stdin"], self[f"{action}.working_folder"]]
            if action == "install":
                templates.append(self["install.response_file"])
        return template_variables(templates)


def build_profile(name: str, document: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Profile:
    """Check a profile document and the operator's replacements, and fill in the defaults.

    :param name: the profile's name or file, for the errors.
    :param document: C({"fields": {name: {"value": ..., "source": ...}}}).
    :param overrides: C({name: value}), the operator's own values.
    :raises OptionError: C(bad_profile) naming the field and what is wrong.
    """
    fields = document.get("fields") if isinstance(document, Mapping) else None
    if not isinstance(fields, Mapping):
        raise _bad(f"profile {name}: it has no mapping named 'fields'.")
    values = {field: spec.default for field, spec in FIELDS.items()}
    sources = dict.fromkeys(FIELDS, "default")
    for field, entry in fields.items():
        where = f"profile {name}, field {field}"
        _check_known(field, f"profile {name}")
        if not isinstance(entry, Mapping) or "value" not in entry or entry.get("source") not in SOURCES:
            raise _bad(f"{where}: it needs a 'value' and a 'source' out of {', '.join(SOURCES)}.")
        unknown = set(entry) - {"value", "source", "note"}
        if unknown:
            raise _bad(f"{where}: {', '.join(sorted(map(str, unknown)))} is not known here; use value, source and note.")
        values[field] = _checked(entry["value"], FIELDS[field], where)
        sources[field] = entry["source"]
    for field, value in (overrides or {}).items():
        where = f"profile_overrides, field {field}"
        _check_known(field, "profile_overrides")
        values[field] = _checked(value, FIELDS[field], where)
        sources[field] = "operator"
    _check_whole(name, values)
    return Profile(name, values, sources)


def template_variables(templates: Iterable[str]) -> set[str]:
    """Return the variables that the templates name.

    :raises OptionError: C(bad_profile) when a template is broken.
    """
    names: set[str] = set()
    for template in templates:
        try:
            parsed = list(string.Formatter().parse(template))
        except ValueError as error:
            raise _bad(f"template {template!r}: {error}.") from error
        for _text, variable, spec, conversion in parsed:
            if variable is None:
                continue
            if spec or conversion or variable not in VARIABLES:
                raise _bad(f"template {template!r}: {{{variable}}} is not a variable.", f"The variables are {', '.join(VARIABLES)}.")
            names.add(variable)
    return names


def expand(template: str, variables: Mapping[str, str]) -> str:
    """Fill a template.

    :raises OptionError: C(bad_option) when a variable that it names has no value here.
    """
    missing = sorted(name for name in template_variables([template]) if not variables.get(name))
    if missing:
        raise OptionError(
            f"{', '.join(missing)}: the profile's template {template!r} needs a value.",
            remedy=f"Set {', '.join('upgrade_' + name for name in missing)}.",
        )
    return template.format_map(dict(variables))


def _check_known(field: Any, where: str) -> None:
    if field in FIELDS:
        return
    near = difflib.get_close_matches(str(field), FIELDS, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise _bad(
        f"{where}: {field} is not a field of a profile.", f"{hint}The collection's file plugins/module_utils/_profile.py has them all."
    )


def _checked(value: Any, field: Field, where: str) -> Any:
    kind = field.type
    if kind in ("text", "template", "pattern"):
        if not isinstance(value, str):
            raise _bad(f"{where}: it must be a text, not {value!r}.", "Put it in quotes.")
        if kind == "template":
            template_variables([value])
        if kind == "pattern":
            try:
                re.compile(value)
            except re.error as error:
                raise _bad(f"{where}: {value!r} is not a regular expression: {error}.") from error
        return str(value)
    if kind in ("integer", "boolean"):
        wanted = int if kind == "integer" else bool
        if not isinstance(value, wanted) or (kind == "integer" and isinstance(value, bool)):
            raise _bad(f"{where}: it must be {'a whole number' if kind == 'integer' else 'true or false'}, not {value!r}.")
        return value
    if kind in ("list", "templates", "integers", "rollback_steps"):
        element = int if kind == "integers" else str
        # true and false are whole numbers to Python, but not to the writer of a profile
        if not isinstance(value, list) or not all(isinstance(item, element) and not isinstance(item, bool) for item in value):
            raise _bad(f"{where}: it must be a list of {'whole numbers' if element is int else 'texts'}, not {value!r}.")
        if kind == "templates":
            template_variables(value)
        if kind in _CHOICES:
            for item in value:
                _check_choice(item, _CHOICES[kind], where)
        return list(value)
    _check_choice(value, _CHOICES[kind], where)
    return str(value)


def _check_choice(value: Any, choices: tuple[str, ...], where: str) -> None:
    if value not in choices:
        raise _bad(f"{where}: {value!r} is not one of {', '.join(choices)}.")


def _check_whole(name: str, values: Mapping[str, Any]) -> None:
    for action in ACTIONS:
        method = values[f"{action}.method"]
        if method == "command" and not values[f"{action}.argv"]:
            raise _bad(f"profile {name}, field {action}.argv: the method is command, but there is no program.")
        if method == "manual" and not values[f"{action}.instruction"]:
            raise _bad(f"profile {name}, field {action}.instruction: the method is manual, but there is no instruction.")
        if method == "services" and action not in ("stop_services", "start_services", "start_for_license"):
            raise _bad(f"profile {name}, field {action}.method: services can only stop or start services.")
        in_argv = template_variables(values[f"{action}.argv"]) & set(SECRET_VARIABLES)
        if method == "command" and in_argv and values[f"{action}.secret_in_argv"] != "accepted":
            raise _bad(
                f"profile {name}, field {action}.argv: {', '.join(sorted(in_argv))} would stand on a command line that others can list.",
                f"Pass it by {action}.stdin, or set {action}.secret_in_argv to 'accepted'.",
            )
    for field, spec in FIELDS.items():
        if spec.type not in ("template", "templates") or field.endswith((".argv", ".stdin", ".response_file")):
            continue
        templates = values[field] if spec.type == "templates" else [values[field]]
        if secrets := template_variables(templates) & set(SECRET_VARIABLES):
            raise _bad(
                f"profile {name}, field {field}: {', '.join(sorted(secrets))} can not be kept secret there.",
                "Pass a secret by an action's stdin or by install.response_file.",
            )
    for field in (field for field in values if field.endswith("time_limit") and values[field] < 1):
        raise _bad(f"profile {name}, field {field}: it must be at least 1 second.")
    if values["product.registry_view"] not in (32, 64):
        raise _bad(f"profile {name}, field product.registry_view: it must be 32 or 64.")
    for pattern in values["evidence.files"]:
        if re.search(r"[*?].*[\\/]", pattern):
            raise _bad(f"profile {name}, field evidence.files: {pattern!r} has a wildcard in the name of a folder.")
    if re.compile(values["product.version_pattern"]).groups < 2:
        raise _bad(f"profile {name}, field product.version_pattern: it needs the groups VV and RR.")


def _bad(message: str, remedy: str = "Correct the profile or upgrade_profile_overrides.") -> OptionError:
    return OptionError(message, code="bad_profile", remedy=remedy)
