"""What deploy/ and docker-compose.yml say, held against the code; no engine is needed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

import bot.metrics
import bot.settings
import inference_api.metrics
import inference_api.settings

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text("utf-8")
)["services"]
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "photo-appeal.json"
METRIC = re.compile(r"\b(?:api|bot)_[a-z_]+")


def unlimited(service: dict[str, Any]) -> list[str]:
    """What a service may do that none has to."""
    wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
    limits = {"cpu_quota", "mem_limit", "pids_limit", "logging"}
    loose = [key for key, value in wanted.items() if service.get(key) != value]
    return loose + sorted(limits - service.keys())


def open_ports(service: dict[str, Any]) -> list[str]:
    """Published ports that the whole network reaches when nothing is set."""
    defaults = [re.sub(r"\$\{\w+:-(.*?)\}", r"\1", port) for port in service.get("ports", [])]
    return [port for port in defaults if not port.startswith("127.0.0.1:")]


def metrics_shown(dashboard: str) -> set[str]:
    return {
        name
        for panel in json.loads(dashboard)["panels"]
        for target in panel["targets"]
        for name in METRIC.findall(target["expr"])
    }


def metrics_exported() -> Iterator[str]:
    """Every name that `/metrics` of either part can show."""
    for registry in (inference_api.metrics.Metrics().registry, bot.metrics.Metrics().registry):
        for family in registry.collect():
            suffixes = {
                "counter": ["_total"],
                "histogram": ["_bucket", "_sum", "_count"],
            }.get(family.type, [""])
            yield from (family.name + suffix for suffix in suffixes)


@pytest.mark.parametrize(
    ("service", "settings", "in_image"),
    [
        ("api", inference_api.settings.Settings, {"HOST", "PORT", "MODELS_DIR"}),
        ("bot", bot.settings.Settings, {"HOST", "PORT", "DATA_DIR"}),
    ],
)
def test_every_setting_reaches_its_container(
    service: str, settings: type[BaseSettings], in_image: set[str]
) -> None:
    prefix = settings.model_config["env_prefix"]
    names = {name.upper() for name in settings.model_fields}

    assert SERVICES[service]["environment"].keys() == {prefix + name for name in names - in_image}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    assert unlimited(SERVICES[name]) == []


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_published_beyond_this_machine(name: str) -> None:
    assert open_ports(SERVICES[name]) == []


@pytest.mark.parametrize(
    ("service", "settings", "field"),
    [
        ("api", inference_api.settings.Settings, "deadline_s"),
        ("bot", bot.settings.Settings, "drain_s"),
    ],
)
def test_photos_in_hand_are_answered_before_the_kill(
    service: str, settings: type[BaseSettings], field: str
) -> None:
    grace_s = float(SERVICES[service]["stop_grace_period"].removesuffix("s"))

    assert grace_s >= settings.model_fields[field].default + 5


def test_the_dashboard_shows_what_is_exported() -> None:
    shown = metrics_shown(DASHBOARD.read_text("utf-8"))

    assert shown
    assert shown - set(metrics_exported()) == set()


def test_a_planted_offence_is_reported() -> None:
    confined = SERVICES["api"]
    panel = {"targets": [{"expr": "rate(api_nothing_total[1m])"}]}

    assert unlimited({**confined, "read_only": False}) == ["read_only"]
    assert unlimited({}) == [
        "read_only",
        "cap_drop",
        "security_opt",
        "cpu_quota",
        "logging",
        "mem_limit",
        "pids_limit",
    ]
    assert open_ports({"ports": ["${ANY:-8000}:8000", "127.0.0.1:1:1"]}) == ["8000:8000"]
    assert metrics_shown(json.dumps({"panels": [panel]})) == {"api_nothing_total"}
