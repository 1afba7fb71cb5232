# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._profile import (
    ACTIONS,
    FIELDS,
    SECRET_VARIABLES,
    VARIABLES,
    build_profile,
    expand,
    template_variables,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import DOCUMENT
from hypothesis import given
from hypothesis import strategies as st


def document(**fields: Any) -> dict[str, Any]:
    """A profile with the given fields; in their names, C(__) stands for a dot."""
    return {"fields": {name.replace("__", "."): {"value": value, "source": "assumed"} for name, value in fields.items()}}


def refused(content: Any, overrides: dict[str, Any] | None = None) -> OptionError:
    with pytest.raises(OptionError) as caught:
        build_profile("mine", content, overrides)
    assert caught.value.code == "bad_profile"
    return caught.value


# Fields


def test_missing_fields_have_their_defaults() -> None:
    profile = build_profile("empty", {"fields": {}})
    assert profile.values == {name: field.default for name, field in FIELDS.items()}
    assert set(profile.sources.values()) == {"default"}
    assert profile.assumed() == []


def test_every_default_keeps_the_rules_of_its_field() -> None:
    defaults = {name.replace(".", "__"): field.default for name, field in FIELDS.items()}
    assert build_profile("defaults", document(**defaults)).values == build_profile("empty", {"fields": {}}).values


@pytest.mark.parametrize("content", [None, [], "text", {}, {"fields": []}, {"fields": None}])
def test_a_document_without_fields_is_refused(content: Any) -> None:
    assert "fields" in refused(content).message


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    error = refused(document(backup__argvs=["x"]))
    assert "backup.argvs" in error.message
    assert "mine" in error.message
    assert "Did you mean backup.argv?" in error.remedy


def test_an_unknown_field_without_a_near_name_has_no_hint() -> None:
    assert "Did you mean" not in refused(document(zzzzzz=1)).remedy


def test_an_unknown_override_is_refused_as_an_override() -> None:
    error = refused(document(), {"services.timelimit": 5})
    assert "profile_overrides" in error.message
    assert "services.time_limit" in error.remedy


@pytest.mark.parametrize(
    "entry",
    [None, 5, {}, {"value": 5}, {"source": "guide"}, {"value": 5, "source": "rumour"}, {"value": 5, "source": "default"}],
)
def test_every_field_needs_a_value_and_a_source(entry: Any) -> None:
    assert "services.time_limit" in refused({"fields": {"services.time_limit": entry}}).message


def test_an_entry_has_no_other_keys() -> None:
    entry = {"value": 5, "source": "guide", "page": 12}
    assert "page" in refused({"fields": {"services.time_limit": entry}}).message
    build_profile("mine", {"fields": {"services.time_limit": {"value": 5, "source": "guide", "note": "page 12"}}})


WRONG_TYPES: dict[str, list[Any]] = {
    "text": [5, None, ["x"], True],
    "template": [5, None, ["x"], "{nonsense}", "{media_folder!r}", "{media_folder:>9}", "{", "{}"],
    "pattern": [5, None, "(", "[z-a]"],
    "integer": ["5", 5.0, None, True],
    "boolean": ["yes", 1, None],
    "list": ["x", [5], None, {"a": "b"}],
    "templates": ["x", [5], ["{nonsense}"]],
    "integers": [5, ["5"], [0.0], [True]],
    "rollback_steps": ["stop_services", ["stop"], [5]],
    "method": ["by hand", 5, None],
    "run_in": ["session", 1],
}


@pytest.mark.parametrize(("field", "value"), [(name, value) for name, field in FIELDS.items() for value in WRONG_TYPES[field.type]])
def test_a_value_of_the_wrong_type_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    for content, overrides in ((document(**{field.replace(".", "__"): value}), None), (document(), {field: value})):
        error = refused(content, overrides)
        assert field in error.message or "template" in error.message


def test_the_profile_does_not_share_lists_with_the_document() -> None:
    content = document(product__installer_processes=["SETUP.EXE"])
    profile = build_profile("mine", content)
    content["fields"]["product.installer_processes"]["value"].append("OTHER.EXE")
    assert profile["product.installer_processes"] == ["SETUP.EXE"]


def test_texts_that_carry_more_than_a_text_are_texts() -> None:
    class Tagged(str):
        __slots__ = ()

    profile = build_profile("mine", document(), {"services.for_license": [Tagged("Web")], "backup.stdin": Tagged("x")})
    assert profile["services.for_license"] == ["Web"]
    assert not isinstance(profile["backup.stdin"], Tagged)


# Sources and overrides


def test_an_override_replaces_one_field_and_is_the_operators() -> None:
    profile = build_profile("mine", DOCUMENT, {"services.time_limit": 77})
    base = build_profile("mine", DOCUMENT)
    assert profile["services.time_limit"] == 77
    assert profile.sources["services.time_limit"] == "operator"
    assert {name for name in FIELDS if profile[name] != base[name]} == {"services.time_limit"}


def test_assumed_fields_are_named_until_they_are_replaced() -> None:
    content = document(services__time_limit=5, operation_window__port=80)
    assert build_profile("mine", content).assumed() == ["operation_window.port", "services.time_limit"]
    assert build_profile("mine", content, {"operation_window.port": 80}).assumed() == ["services.time_limit"]


# The whole profile


@pytest.mark.parametrize("action", ACTIONS)
def test_a_command_needs_a_program(action: str) -> None:
    assert f"{action}.argv" in refused(document(**{f"{action}__method": "command"})).message


@pytest.mark.parametrize("action", ACTIONS)
def test_a_manual_step_needs_an_instruction(action: str) -> None:
    assert f"{action}.instruction" in refused(document(**{f"{action}__method": "manual"})).message


@pytest.mark.parametrize("action", ACTIONS)
def test_only_services_are_started_and_stopped_as_services(action: str) -> None:
    content = document(**{f"{action}__method": "services"})
    if action in ("stop_services", "start_services", "start_for_license"):
        build_profile("mine", content)
    else:
        assert f"{action}.method" in refused(content).message


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("secret", SECRET_VARIABLES)
def test_a_secret_on_a_command_line_is_refused_unless_accepted(action: str, secret: str) -> None:
    fields = {f"{action}__method": "command", f"{action}__argv": ["x.exe", f"/p:{{{secret}}}"]}
    error = refused(document(**fields))
    assert f"{action}.argv" in error.message
    assert f"{action}.stdin" in error.remedy
    build_profile("mine", document(**fields, **{f"{action}__secret_in_argv": "accepted"}))
    assert "would stand" in refused(document(**fields, **{f"{action}__secret_in_argv": "yes"})).message


@pytest.mark.parametrize("secret", SECRET_VARIABLES)
@pytest.mark.parametrize("field", ["backup.instruction", "backup.working_folder", "evidence.files", "install.log_file"])
def test_a_secret_is_refused_where_it_can_not_be_kept(field: str, secret: str) -> None:
    template = f"C:\\{{{secret}}}"
    error = refused({"fields": {}}, {field: [template] if FIELDS[field].type == "templates" else template})
    assert field in error.message
    assert secret in error.message


def test_an_override_can_not_bring_a_secret_onto_a_command_line() -> None:
    assert "restore.argv" in refused(DOCUMENT, {"restore.argv": ["x.exe", "{database_password}"]}).message


def test_the_registry_view_is_32_or_64() -> None:
    assert "registry_view" in refused(document(product__registry_view=16)).message


def test_the_version_pattern_has_two_groups() -> None:
    assert "version_pattern" in refused(document(product__version_pattern=r"(\d+)")).message


def test_a_secret_is_needed_where_a_command_uses_it() -> None:
    profile = build_profile("unit", copy.deepcopy(DOCUMENT))
    assert profile.needs_secret("backup", "database_password")
    assert not profile.needs_secret("backup", "license_key")
    assert profile.needs_secret("register_license", "license_key")
    assert build_profile("unit", DOCUMENT, {"uninstall.stdin": "{license_key}"}).needs_secret("uninstall", "license_key")
    by_hand = build_profile("unit", DOCUMENT, {"backup.method": "manual", "backup.instruction": "Do it."})
    assert not by_hand.needs_secret("backup", "database_password")


# Templates


@given(st.lists(st.sampled_from(VARIABLES), min_size=1), st.text(st.characters(exclude_characters="{}")))
def test_a_filled_template_holds_the_values_and_the_text_between(names: list[str], between: str) -> None:
    template = between.join(f"{{{name}}}" for name in names)
    assert template_variables([template]) == set(names)
    assert expand(template, {name: f"<{name}>" for name in VARIABLES}) == between.join(f"<{name}>" for name in names)


@given(st.text())
def test_a_value_is_never_taken_for_a_template(value: str) -> None:
    assert expand("[{media_folder}]", {"media_folder": value or "x"}) == f"[{value or 'x'}]"


@given(st.text())
def test_any_template_is_either_read_or_refused(template: str) -> None:
    try:
        assert template_variables([template]) <= set(VARIABLES)
    except OptionError as error:
        assert error.code == "bad_profile"


def test_doubled_braces_are_plain_braces() -> None:
    assert expand("{{{version}}}", {"version": "10-10"}) == "{10-10}"


@pytest.mark.parametrize("template", ["{media_folder.__class__}", "{media_folder[0]}", "{0}", "{nothing}"])
def test_templates_reach_nothing_but_their_variables(template: str) -> None:
    with pytest.raises(OptionError):
        template_variables([template])


@pytest.mark.parametrize("values", [{}, {"license_file": ""}])
def test_a_variable_without_a_value_is_refused_with_its_option(values: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="license_file") as caught:
        expand("{license_file}", values)
    assert "upgrade_license_file" in caught.value.remedy


def test_only_a_files_name_may_have_wildcards_in_a_pattern_of_logs() -> None:
    good = [r"{install_folder}\log\*.lo?"]
    assert build_profile("unit", document(evidence__files=good))["evidence.files"] == good
    assert "evidence.files" in refused(document(evidence__files=[r"D:\logs*\a.log"])).message
