"""What `deploy/` promises: nothing runs as root, nothing but the proxy is open, settings exist.

That the files are well-formed is for linters, which run here too; the rest is what they cannot know.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bench import scale
from reinstate.server.settings import Settings
from tests.running import tool

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
KUBERNETES = {
    (one["kind"], one["metadata"]["name"]): one
    for file in sorted((DEPLOY / "kubernetes").glob("*.yml"))
    if file.name != "kustomization.yml"
    for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))
}
SETTINGS = {field.name.upper() for field in fields(Settings)}
# Served from memory, so that it says that the process answers and nothing of the database.
PAGE, HEALTH, READY = "/chat/", "/health", "/ready"
OPEN = {"/", "/chat", "/webhooks/slack/webhook", "/webhooks/telegram/webhook"}


@pytest.mark.parametrize(
    "command",
    [
        ("hadolint", "deploy/Dockerfile"),
        ("yamllint", "--strict", "--config-file", ".yamllint.yml", "deploy"),
        ("compose-lint", "deploy/compose.yml"),
        ("caddyserver", "validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"),
    ],
    ids=lambda command: command[0],
)
def test_linters_find_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    """Each with its own rules; what is below its threshold is in its output."""
    name, *arguments = command
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [tool(name), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("what", sorted(KUBERNETES), ids="-".join)
def test_kubernetes_would_take_it(what: tuple[str, str]) -> None:
    """By the strict schema of its kind, which knows every field.

    The schemas come in a package whose own code does not run beside Rasa's attrs.
    """
    one = KUBERNETES[what]
    package = importlib.util.find_spec("kubernetes_validate")
    assert package and package.submodule_search_locations
    schemas = Path(package.submodule_search_locations[0]) / "kubernetes-json-schema"
    newest = max(
        schemas.glob("*-local-strict"), key=lambda folder: [int(n) for n in re.findall(r"\d+", folder.name)]
    )
    group, _, version = one["apiVersion"].rpartition("/")
    name = "-".join(filter(None, [one["kind"], group.partition(".")[0], version])).lower()
    schema = json.loads((newest / f"{name}.json").read_text(encoding="utf-8"))
    definitions = json.loads((newest / "_definitions.json").read_text(encoding="utf-8"))
    resolver = jsonschema.RefResolver.from_schema(schema, store={definitions["$id"]: definitions})
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    validator.validate(one)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**one, "metadata": {**one["metadata"], "nmae": "a field that there is none of"}})


def pod() -> dict[str, Any]:
    """The pod of the deployment."""
    found: dict[str, Any] = KUBERNETES["Deployment", "reinstate"]["spec"]["template"]["spec"]
    return found


def test_the_image_takes_what_is_there_and_what_the_builder_gets() -> None:
    """Every copied path exists, and .dockerignore lets it through."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    passed = [line[1:] for line in ignore.splitlines() if line.startswith("!")]
    copied = [
        path
        for words in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for path in words.split()[:-1]
    ]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert any(Path(path).match(pattern) for pattern in passed), path


def test_the_image_has_what_the_bot_reads() -> None:
    """All that `reinstate.server.app` opens stands in the last stage, and no test does."""
    last = DOCKERFILE.rpartition("FROM ")[2]
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "reinstate").rglob("*.py")
        if file.name != "train.py"
    )
    read = set(re.findall(r'(?:ROOT|parents\[2\]) / "(\w[\w.]*)"', code)) - {"var"}  # it is made
    assert {"knowledge", "credentials.yml"} <= read
    for name in read | {"config.yml", "domain.yml", "actions", "reinstate", ".venv", "LICENSE", "NOTICE"}:
        assert re.search(rf"^COPY\b.*[ /]{re.escape(name)}\b", last, re.MULTILINE), name
    assert not re.search(r"COPY .*(tests|bench|requirements-dev)", last)


def test_the_image_is_of_one_version_and_nobody_is_root_in_it() -> None:
    """A named base, an own user by number (Kubernetes asks for that), a health check."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    python = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert all(re.match(rf"python:{re.escape(python)}-[a-z]+-[a-z]+$", base) for base in bases)
    assert 1 == len(set(bases))
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert int(user) >= 10_000
    assert re.search(r"^HEALTHCHECK (.|\\\n)*/health", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_little(name: str) -> None:
    """Read-only, without capabilities but those named, bounded, and checked."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["no-new-privileges:true"] == service["security_opt"]
    assert {"mem_limit", "cpus", "pids_limit", "restart"} <= set(service)
    assert name == "bot" or "healthcheck" in service  # the bot's stands in its image


def test_only_the_proxy_is_reachable() -> None:
    """No other port is published, and the databases are in a network without a way out."""
    assert ["proxy"] == [name for name, service in SERVICES.items() if "ports" in service]
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert [["back"], ["back"]] == [SERVICES[name]["networks"] for name in ("postgres", "redis")]
    assert (
        SERVICES["bot"]["environment"]["TRUSTED_PROXIES"]
        == (SERVICES["proxy"]["networks"]["front"]["ipv4_address"])
    )


def test_every_setting_that_is_deployed_exists() -> None:
    """A setting that was renamed would be without effect, and nobody would notice."""
    config = KUBERNETES["ConfigMap", "reinstate"]["data"]
    secret = KUBERNETES["Secret", "reinstate"]["stringData"]
    given = {*SERVICES["bot"]["environment"], *config, *secret}
    assert set() == given - SETTINGS
    assert not set(config) & set(secret)
    assert not [name for name in config if re.search("TOKEN|SECRET|URL$", name) and "WEBHOOK_URL" not in name]


def test_the_example_names_all_that_compose_asks_for() -> None:
    """deploy/example.env is complete, and holds no secret."""
    example = (DEPLOY / "example.env").read_text(encoding="utf-8")
    named = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yml").read_text(encoding="utf-8")))
    assert asked == set(named)
    assert {"SITE"} == {name for name, value in named.items() if value}


def test_a_pod_may_do_little() -> None:
    """No root, nothing writable but two bounded folders, no account of the cluster."""
    (container,) = pod()["containers"]
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert pod()["automountServiceAccountToken"] is False
    assert (True, int(user)) == tuple(pod()["securityContext"][k] for k in ("runAsNonRoot", "runAsUser"))
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == container["securityContext"]
    assert {"/tmp", "/app/var"} == {mount["mountPath"] for mount in container["volumeMounts"]}
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod()["volumes"])


def test_a_pod_without_its_database_gets_no_turns_and_is_left_alone() -> None:
    """Ready means able to keep a message; a database that is down is no reason to start again."""
    (container,) = pod()["containers"]
    paths = {probe: container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    assert {"startupProbe": HEALTH, "readinessProbe": READY, "livenessProbe": PAGE} == paths
    assert container["ports"] == [{"name": "http", "containerPort": 5005}]


def test_the_ingress_opens_only_what_people_and_platforms_need() -> None:
    """Not /health, not /metrics."""
    (rule,) = KUBERNETES["Ingress", "reinstate"]["spec"]["rules"]
    paths = {path["path"]: path["pathType"] for path in rule["http"]["paths"]}
    assert set(paths) == OPEN
    assert {"Exact"} == {kind for path, kind in paths.items() if path != "/chat"}


def test_all_of_kubernetes_means_the_same_pods() -> None:
    """Service, policy and budget select what the deployment makes; the scaler scales it."""
    labels = KUBERNETES["Deployment", "reinstate"]["spec"]["template"]["metadata"]["labels"]
    policy = KUBERNETES["NetworkPolicy", "reinstate"]["spec"]
    selected = [
        KUBERNETES["Deployment", "reinstate"]["spec"]["selector"]["matchLabels"],
        KUBERNETES["Service", "reinstate"]["spec"]["selector"],
        policy["podSelector"]["matchLabels"],
        KUBERNETES["PodDisruptionBudget", "reinstate"]["spec"]["selector"]["matchLabels"],
    ]
    assert [labels] * 4 == selected
    scaler = KUBERNETES["HorizontalPodAutoscaler", "reinstate"]["spec"]
    assert "reinstate" == scaler["scaleTargetRef"]["name"]
    assert scaler["minReplicas"] >= 2


def test_every_manifest_is_applied_but_the_example() -> None:
    """kustomization.yml lists them all; a secret from git would be none."""
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yml").read_text(encoding="utf-8"))
    there = {file.name for file in (DEPLOY / "kubernetes").glob("*.yml")}
    assert there - {"kustomization.yml", "secret.example.yml"} == set(listed["resources"])


def test_the_page_of_scale_is_made_of_what_was_measured() -> None:
    """The tables are those of `python -m bench.scale --write`."""
    made = scale.made(scale.SPEED.read_text(encoding="utf-8"), scale.STORES.read_text(encoding="utf-8"))
    assert made in scale.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("conversations", "per_second", "expected"),
    [(1_000, 16.0, 2), (1_000_000, 16.0, 39), (1_000_000, 60.0, 11)],
)
def test_how_many_processes_a_load_needs(conversations: int, per_second: float, expected: int) -> None:
    """A million conversations are 93 turns a second in the mean and 370 at the peak."""
    assert expected == scale.replicas(conversations, per_second)[1]
