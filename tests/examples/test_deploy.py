"""What people copy from examples/deploy fits together, and fits the program."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from bitrix_events import Settings
from bitrix_events.cli.main import commands

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = [path for path in FILES if path.parent.name == "systemd"]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
PROGRAM = re.compile(r"^(?:.*/)?bitrix-events$")


def containers() -> Iterator[dict[str, Any]]:
    for found in KUBERNETES:
        if found["kind"] != "Service":
            yield from found["spec"]["template"]["spec"]["containers"]


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every line that starts the program, with the place where it stands."""
    for name, service in COMPOSE["services"].items():
        if "command" in service:
            yield f"compose.yaml, {name}", shlex.split(service["command"])
    for container in containers():
        yield f"kubernetes.yaml, {container['name']}", container["command"]
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE):
            yield unit.name, shlex.split(line)


LINES = dict(command_lines())


def test_all_files_are_looked_at() -> None:
    assert len(LINES) == 6
    assert [path.name for path in FILES] == [
        *("Caddyfile", "compose.yaml", "env.example", "kubernetes.yaml"),
        *("bitrix-events-web.service", "bitrix-events-web.socket"),
        "bitrix-events-worker@.service",
    ]


@pytest.mark.parametrize("place", LINES)
def test_every_command_line_is_one_that_the_program_takes(place: str) -> None:
    program, *arguments = LINES[place]
    group: Any = typer.main.get_command(commands)
    context = group.make_context("bitrix-events", list(arguments), resilient_parsing=False)
    command = group.get_command(context, arguments[0])

    assert PROGRAM.match(program)
    parsed = command.make_context(arguments[0], arguments[1:]).params
    assert parsed["role"] == ("web" if "web" in place else "worker")
    assert parsed["app"] == "hello:app"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_an_option(path: Path) -> None:
    names = re.findall(r"BITRIX_EVENTS_([A-Z_]+)", path.read_text("utf-8"))

    known = {name.upper() for name in Settings.model_fields}
    assert [name for name in names if name.removesuffix("_FILE") not in known] == []


def test_every_variable_that_compose_needs_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "compose.yaml").read_text("utf-8")))

    example = (DEPLOY / "env.example").read_text("utf-8")
    assert wanted == {"DOMAIN", "POSTGRES_PASSWORD"}
    assert [name for name in wanted if not re.search(f"^{name}=", example, re.MULTILINE)] == []


def test_the_services_of_compose_name_only_what_exists() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for name, service in services.items():
        for mounted in service.get("volumes", ()):
            source = mounted.split(":")[0]
            exists = (DEPLOY / source).exists() if source.startswith(".") else source in volumes
            assert exists, f"{name} mounts {source}"
        assert set(service.get("depends_on", ())) <= set(services), name
        if "build" in service:
            assert (DEPLOY / service["build"] / "Dockerfile").exists()
    used = {m.split(":")[0] for s in services.values() for m in s.get("volumes", ())}
    assert set(volumes) <= used


def test_a_door_keeps_its_journal_where_it_outlives_the_container() -> None:
    web = COMPOSE["services"]["web"]
    (door,) = [one for one in containers() if one["name"] == "web"]
    service = (DEPLOY / "systemd" / "bitrix-events-web.service").read_text("utf-8")

    folder = web["environment"]["BITRIX_EVENTS_OUTAGE_FOLDER"]
    assert any(folder.startswith(mount.split(":")[1] + "/") for mount in web["volumes"])
    (variable,) = door["env"]
    assert variable["name"] == "BITRIX_EVENTS_OUTAGE_FOLDER"
    assert any(variable["value"].startswith(m["mountPath"] + "/") for m in door["volumeMounts"])
    state = re.search(r"^StateDirectory=(.*)$", service, re.MULTILINE)
    assert state is not None
    assert f"BITRIX_EVENTS_OUTAGE_FOLDER=/var/lib/{state[1]}/" in service


def test_the_proxy_sends_to_the_port_that_the_doors_listen_on() -> None:
    target = re.search(r"dynamic a (\S+) (\d+)", (DEPLOY / "Caddyfile").read_text("utf-8"))
    assert target is not None
    name, port = target.groups()

    assert f"--port {port}" in COMPOSE["services"][name]["command"]


def test_everybody_has_time_to_end() -> None:
    seconds = Settings.model_fields["shutdown_seconds"].default
    graces = [COMPOSE["services"][name]["stop_grace_period"] for name in ("web", "worker")]
    graces += re.findall(r"TimeoutStopSec=(\d+)", "".join(u.read_text("utf-8") for u in UNITS))
    graces += [
        found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        for found in KUBERNETES
        if found["kind"] != "Service"
    ]

    assert len(graces) == 6
    assert all(int(str(grace).removesuffix("s")) >= seconds + 10 for grace in graces)


def test_the_objects_of_kubernetes_fit_together() -> None:
    of_kind: dict[str, list[dict[str, Any]]] = {}
    for found in KUBERNETES:
        of_kind.setdefault(found["kind"], []).append(found)
    (door,), (worker,), (service,) = (
        of_kind[kind] for kind in ("StatefulSet", "Deployment", "Service")
    )

    for found in (door, worker):
        labels = found["spec"]["template"]["metadata"]["labels"]
        assert found["spec"]["selector"]["matchLabels"] == labels
        (container,) = found["spec"]["template"]["spec"]["containers"]
        (port,) = container["ports"]
        assert str(port["containerPort"]) == container["command"][-1]
        assert container["livenessProbe"]["httpGet"]["port"] == port["containerPort"]
    assert service["spec"]["selector"] == door["spec"]["template"]["metadata"]["labels"]
    assert door["spec"]["serviceName"] == service["metadata"]["name"]
    claims = {claim["metadata"]["name"] for claim in door["spec"]["volumeClaimTemplates"]}
    (container,) = door["spec"]["template"]["spec"]["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} <= claims


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8")
        text = text.replace("/opt/app/.venv/bin/bitrix-events", sys.executable)
        (tmp_path / unit.name).write_text(text)
    names = [unit.name.replace("@.", "@1.") for unit in UNITS]

    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        cwd=tmp_path,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    about_us = [line for line in checked.stderr.splitlines() if "bitrix-events" in line]
    assert about_us == []


def test_units_name_each_other_and_only_known_options() -> None:
    """What can be checked without systemd."""
    sections = {
        "Unit": {"Description", "Requires", "After", "Wants", "StartLimitIntervalSec"},
        "Socket": {"ListenStream", "Backlog", "NoDelay"},
        "Service": {
            *("ExecStart", "ExecReload", "WorkingDirectory", "EnvironmentFile", "Environment"),
            *("StateDirectory", "DynamicUser", "ProtectSystem", "ProtectHome", "PrivateTmp"),
            *("NoNewPrivileges", "Restart", "RestartSec", "TimeoutStopSec"),
        },
        "Install": {"WantedBy"},
    }
    names = {unit.name for unit in UNITS}
    for unit in UNITS:
        section = ""
        for line in filter(None, unit.read_text("utf-8").splitlines()):
            if line.startswith("["):
                section = line.strip("[]")
            elif not line.startswith("#"):
                key, _, value = line.partition("=")
                assert key in sections[section], f"{unit.name}: {key} in {section}"
                ours = [name for name in value.split() if name.startswith("bitrix-events-")]
                if key in ("Requires", "After"):
                    assert set(ours) <= names
