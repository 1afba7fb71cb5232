# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import FROM_VARIABLES, Spec
from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _action
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import MASK, HostAction, _masked
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._winrm import WinrmRunner
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import (
    FakeServer,
    connection_refused,
    connection_reset,
)
from ansible_collections.jp1.itdm.tests.unit.plugins.tasks import connection, run_action, template
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = "correct horse"
KEY = "battery-staple"
SPEC: Spec = {
    "server": {"type": "str", "choices": ["management_server", "database_server"]},
    "folder": {"type": "str"},
    "profile": {"type": "str"},
    "profile_overrides": {"type": "dict"},
    "confirmed_steps": {"type": "list", "elements": "str"},
    "database_password": {"type": "str", "no_log": True},
    "license_key": {"type": "str", "no_log": True},
    "journal_folder": {"type": "str"},
    "reconnection_time": {"type": "int"},
}


class Echo(HostAction):
    """Returns its options, and does to the server what a test says."""

    spec = SPEC
    options: dict[str, Any]

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        type(self).options = options
        return {"changed": False, "name": host.name}


def acting(work: Any) -> type[HostAction]:
    """An action that does some work with a host."""

    class Acting(Echo):
        def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
            return dict(work(host, options) or {})

    return Acting


def options_of(arguments: dict[str, Any], variables: dict[str, Any] | None = None) -> dict[str, Any]:
    result = run_action(Echo, arguments, variables)
    assert not result.get("failed"), result
    return Echo.options


def refused(code: str, action: type[HostAction] = Echo, **keywords: Any) -> dict[str, Any]:
    result = run_action(action, keywords.pop("arguments", {}), keywords.pop("variables", None), **keywords)
    assert result["failed"] is True
    assert result["failure"]["code"] == code
    assert result["changed"] is False
    assert result["msg"].startswith(f"{result['failure']['host']}: ")
    return dict(result["failure"])


# Options


def test_an_option_that_is_not_given_comes_from_its_variable() -> None:
    values: dict[str, Any] = {
        "profile": "mine",
        "profile_overrides": {"services.time_limit": 5},
        "confirmed_steps": ["backup"],
        "database_password": PASSWORD,
        "license_key": KEY,
        "journal_folder": "D:\\journal",
        "reconnection_time": 900,
    }
    assert set(values) == set(FROM_VARIABLES)
    options = options_of({}, {f"upgrade_{option}": value for option, value in values.items()})
    assert {option: options[option] for option in values} == values


@pytest.mark.parametrize(("given", "variable", "seconds"), [(None, 900, 900), (0, 900, 0), (5, 900, 5), (None, None, 0), (None, "30", 30)])
def test_a_server_is_waited_for_as_long_as_is_said(given: int | None, variable: Any, seconds: int) -> None:
    action = acting(lambda host, options: {"seconds": host.runner.reconnection_time})
    variables = {} if variable is None else {"upgrade_reconnection_time": variable}
    assert run_action(action, {} if given is None else {"reconnection_time": given}, variables)["seconds"] == seconds


def test_a_server_can_not_be_waited_for_less_than_no_time() -> None:
    refused("bad_option", arguments={"reconnection_time": -1})


def test_a_variable_that_only_the_delegated_server_has_is_found() -> None:
    """Ansible gives a delegated task the variables of the host that delegates."""
    variables = {
        "groups": {"all": ["JP1MGR01", "JP1DB01"], "jp1_itdm_database_servers": ["JP1DB01"]},
        "hostvars": {"JP1DB01": {"upgrade_database_password": PASSWORD, "upgrade_profile": "theirs"}},
        "upgrade_profile": "mine",
    }
    run_action(Echo, {"server": "database_server"}, variables, delegate_to="JP1DB01")
    assert (Echo.options["database_password"], Echo.options["profile"]) == (PASSWORD, "mine")
    run_action(Echo, {}, variables)
    assert Echo.options["database_password"] is None


def test_an_option_that_is_given_wins() -> None:
    variables = {"upgrade_profile": "theirs", "upgrade_confirmed_steps": ["backup"]}
    options = options_of({"profile": "mine", "confirmed_steps": ["install"]}, variables)
    assert (options["profile"], options["confirmed_steps"]) == ("mine", ["install"])


def test_variables_are_templates() -> None:
    variables = {"upgrade_database_password": template("{{ from_the_vault }}"), "from_the_vault": PASSWORD}
    assert options_of({}, variables)["database_password"] == PASSWORD


def test_variables_have_the_types_of_their_options() -> None:
    variables = {
        "upgrade_confirmed_steps": "backup,install",
        "upgrade_database_password": 12345,
        "upgrade_profile_overrides": '{"services.time_limit": 5}',
    }
    options = options_of({}, variables)
    assert options["confirmed_steps"] == ["backup", "install"]
    assert options["database_password"] == "12345"
    assert options["profile_overrides"] == {"services.time_limit": 5}


def test_a_variable_of_the_wrong_type_is_refused_by_its_name() -> None:
    failure = refused("bad_option", variables={"upgrade_profile_overrides": ["services.time_limit"]})
    assert "upgrade_profile_overrides" in failure["message"]


def test_an_empty_variable_is_no_option() -> None:
    assert options_of({}, {"upgrade_database_password": ""})["database_password"] in (None, "")


def test_unknown_options_and_wrong_values_fail_before_a_connection_is_made() -> None:
    server = FakeServer()
    for arguments in ({"folders": "D:\\x"}, {"server": "both"}):
        with pytest.raises(AnsibleError):
            run_action(Echo, arguments, through=connection(server))
    assert server.calls == []


# What Ansible would silently accept


@pytest.mark.parametrize("how", ["task", "connection"])
def test_become_is_refused_by_name(how: str) -> None:
    server = FakeServer()
    through = connection(server, become=object() if how == "connection" else None)
    failure = refused("become_refused", become=how == "task", through=through)
    assert "become" in failure["message"]
    assert server.calls == []


def test_async_is_refused() -> None:
    server = FakeServer()
    with pytest.raises(AnsibleError, match="async"):
        run_action(Echo, {}, async_val=60, through=connection(server))
    assert server.calls == []


def test_the_environment_of_the_task_reaches_the_server() -> None:
    server = FakeServer()
    action = acting(lambda host, options: host.run(["x.exe"], time_limit=5) and {})
    run_action(action, {}, through=connection(server), environment=[{"LANG": "C", "DEPTH": 5}])
    assert {"LANG": "C", "DEPTH": "5"}.items() <= server.environments[-1].items()


@pytest.mark.parametrize("transport", ["paramiko_ssh", "local", "ansible.builtin.paramiko_ssh", ""])
def test_another_connection_is_refused_by_name(transport: str) -> None:
    failure = refused("unsupported_connection", through=connection(transport=transport))
    assert (transport.rpartition(".")[2] or "unknown") in failure["message"]
    assert "winrm" in failure["remedy"]


# Delegation


@pytest.mark.parametrize(
    ("server", "target", "accepted"),
    [
        ("database_server", "JP1DB01", True),
        ("database_server", "JP1MGR01", False),
        ("database_server", "localhost", False),
        ("database_server", "JP1DB99", False),
        ("management_server", "JP1MGR01", True),
        ("management_server", "JP1DB01", False),
        (None, "JP1DB99", True),
    ],
)
def test_a_delegation_reaches_only_the_right_kind_of_server(server: str | None, target: str, accepted: bool) -> None:
    arguments = {"server": server} if server else {}
    far = FakeServer()
    if accepted:
        assert run_action(Echo, arguments, delegate_to=target, through=connection(far))["name"] == target
        return
    failure = refused("wrong_target", arguments=arguments, delegate_to=target, through=connection(far))
    assert failure["host"] == target
    assert repr(target) in failure["message"]
    assert f"jp1_itdm_{server}s" in failure["message"]
    assert far.calls == []


def test_an_action_of_one_server_checks_its_target_too() -> None:
    class OnDatabaseServer(Echo):
        server = "database_server"

    refused("wrong_target", OnDatabaseServer, delegate_to="JP1MGR01")
    refused("wrong_target", OnDatabaseServer, delegate_to="JP1DB01", variables={"groups": {}})


def test_without_a_delegation_the_host_is_the_plays() -> None:
    assert run_action(Echo, {})["name"] == "JP1MGR01"


# Failures


@pytest.mark.parametrize("fault", [connection_refused, connection_reset])
def test_a_lost_connection_is_a_failed_task_and_never_an_unreachable_host(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WinrmRunner, "pauses", (0,) * 3, raising=False)
    server = FakeServer()
    server.faults["Create"] = [fault() for _attempt in range(20)]
    action = acting(lambda host, options: host.run(["x.exe"], time_limit=5) and {})
    result = run_action(action, {}, through=connection(server))
    assert result["failed"] is True
    assert "unreachable" not in result
    assert result["failure"]["class"] == "connection_lost"
    assert result["failure"]["host"] == "JP1MGR01"


def test_a_failure_is_a_result_with_class_code_remedy_and_evidence() -> None:
    def fail(host: Host, options: dict[str, Any]) -> None:
        raise CommandError("It failed.", code="exit_code", remedy="Look.", evidence={"exit_code": 5})

    result = run_action(acting(fail), {})
    assert result["msg"] == "JP1MGR01: It failed. Look."
    assert result["failure"] == {
        "class": "command",
        "code": "exit_code",
        "host": "JP1MGR01",
        "message": "It failed.",
        "remedy": "Look.",
        "evidence": {"exit_code": 5},
    }


@pytest.mark.parametrize("executed", [True, False, None])
def test_a_failed_task_is_changed_when_something_was_executed(executed: bool | None) -> None:
    def fail(host: Host, options: dict[str, Any]) -> None:
        raise CommandError("It failed.", evidence={} if executed is None else {"executed": executed})

    assert run_action(acting(fail), {})["changed"] is bool(executed)


def test_a_mistake_in_the_program_stays_visible() -> None:
    def fail(host: Host, options: dict[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_action(acting(fail), {})


@pytest.mark.parametrize("fails", [True, False])
def test_the_connection_is_given_back_and_its_requests_are_counted(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr(Host, "close", lambda host: closed.append(host.name))

    def work(host: Host, options: dict[str, Any]) -> None:
        host.run(["x.exe"], time_limit=5)
        if fails:
            raise OptionError("No.")

    result = run_action(acting(work), {})
    assert closed == ["JP1MGR01"]
    assert result["http_requests"] > 0
    assert bool(result.get("failed")) is fails


# Secrets

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
hidden = st.text(st.characters(exclude_characters="*", categories=["L", "N", "P", "Zs"]), min_size=4, max_size=12)


def with_secrets(value: Any, secrets: list[str], draw: Any) -> Any:
    """Put secrets into texts, keys and lists."""
    secret = draw(st.sampled_from(secrets))
    if isinstance(value, str):
        place = draw(st.integers(min_value=0, max_value=len(value)))
        return value[:place] + secret + value[place:]
    if isinstance(value, dict):
        return {with_secrets(key, secrets, draw): with_secrets(item, secrets, draw) for key, item in value.items()}
    if isinstance(value, list):
        return [with_secrets(item, secrets, draw) for item in value]
    return value


@st.composite
def leaks(draw: st.DrawFn) -> tuple[list[str], Any, Any]:
    secrets = draw(st.lists(hidden, min_size=1, max_size=3))
    value = draw(plain)
    return secrets, value, with_secrets(value, secrets, draw)


def texts(value: Any) -> Iterator[str]:
    """Yield every text in plain data, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from (text for part in pair for text in texts(part))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


@given(leaks())
def test_no_secret_survives_anywhere_in_a_result(leak: tuple[list[str], Any, Any]) -> None:
    secrets, _value, leaky = leak
    for text in texts(_masked(leaky, secrets)):
        assert not any(secret in text for secret in secrets)


@given(plain)
def test_without_secrets_nothing_is_masked(value: Any) -> None:
    assert _masked(value, []) == value
    assert _masked(value, [""]) == value


@pytest.mark.parametrize("secrets", [["abc", "abcdef"], ["abcdef", "abc"]])
def test_a_secret_that_contains_another_is_masked_as_a_whole(secrets: list[str]) -> None:
    assert _masked("<abcdef> <abc>", secrets) == f"<{MASK}> <{MASK}>"


@pytest.mark.parametrize("fails", [True, False])
def test_secrets_are_masked_in_results_failures_and_the_log(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(_action.display, "verbose", lambda line, **options: shown.append(line))
    monkeypatch.setattr(_action.display, "display", lambda line, **options: shown.append(line))
    leak = f"/p:{PASSWORD} /k:{KEY}"

    def work(host: Host, options: dict[str, Any]) -> dict[str, Any]:
        for level in range(6):
            host.log(level, leak)
        if fails:
            raise CommandError(leak, remedy=leak, evidence={leak: [leak, {"x": (leak,)}]})
        return {"stdout": leak, "lines": [leak], leak: {"deep": [leak]}}

    variables = {"upgrade_license_key": KEY}
    result = run_action(acting(work), {"database_password": PASSWORD}, variables)
    assert len(shown) == 6
    for text in (json.dumps(result), *shown):
        assert PASSWORD not in text
        assert KEY not in text
        assert MASK in text


def test_a_weak_secret_spoils_no_facts() -> None:
    """A rollback compares them with what tasks without that secret see."""

    class Looking(acting(lambda host, options: {"state": {"folder": r"D:\\jp1itdmm"}, "text": "jp1itdmm"})):  # type: ignore[misc]
        facts = ("state",)

    result = run_action(Looking, {"database_password": "itdm"})
    assert result["state"] == {"folder": r"D:\\jp1itdmm"}
    assert result["text"] == f"jp1{MASK}m"


def test_the_verbosity_of_the_log_is_that_of_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[int] = []
    monkeypatch.setattr(_action.display, "verbose", lambda line, host, caplevel: levels.append(caplevel))
    run_action(acting(lambda host, options: [host.log(level, "x") for level in (1, 2, 4, 5)] and {}), {})
    assert levels == [0, 1, 3, 4]
