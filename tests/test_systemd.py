"""The units of deploy/systemd: what they start exists, what they may touch is little, and systemd understands them.

Their syntax is read here by a small parser on every machine; where systemd is installed, `systemd-analyze` judges too. No
unit is started: tests run in containers, where systemd is not.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import get_commands

from config import run
from tools.system import ROOT

pytestmark = [pytest.mark.sqlite, pytest.mark.req("SCA-2")]

FOLDER = ROOT / "deploy" / "systemd"
HOUSE = FOLDER / "wangqun-.service.d" / "house.conf"
INSTALLED = "/opt/wangqun"
SERVICES = {"web", "publisher", "worker", "schedule", "search", "watch"}
MAY_WRITE_THE_TREE = {"prepare", "publisher", "schedule", "watch"}
"""The publisher makes the public files; watch and schedule (verify_files) restore them; prepare makes the folders."""
WORST_EXPOSURE = 2.0
SECTIONS = {
    ".service": {"Unit", "Service", "Install"}, ".target": {"Unit", "Install"}, ".path": {"Unit", "Path", "Install"},
    ".timer": {"Unit", "Timer", "Install"}, ".conf": {"Unit", "Service"},
}  # fmt: skip

Unit = dict[str, dict[str, list[str]]]


def read(path: Path) -> Unit:
    """Return section -> key -> values; fails on a line that is none."""
    found: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            continue
        entry = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)
        assert entry, f"{path.name}: {line}"
        assert section in SECTIONS[path.suffix], f"{path.name}: [{section}]"
        found[section][entry[1]].append(entry[2])
    return found


def units() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*.*") if path.suffix in SECTIONS)


def service(name: str) -> dict[str, list[str]]:
    return read(FOLDER / f"wangqun-{name}.service")["Service"]


def command(name: str) -> list[str]:
    return shlex.split(service(name)["ExecStart"][0])


def test_every_unit_can_be_read() -> None:
    assert {path.stem.removeprefix("wangqun-") for path in FOLDER.glob("wangqun-*.service")} == SERVICES | {"prepare"}
    for path in units():
        assert read(path), path.name
        if path.suffix == ".service":
            assert read(path)["Unit"]["Description"]


def test_the_target_starts_every_service_and_each_waits_for_the_preparation() -> None:
    wanted = " ".join(read(FOLDER / "wangqun.target")["Unit"]["Wants"]).split()
    assert set(wanted) == {f"wangqun-{name}.service" for name in SERVICES}
    for name in SERVICES:
        unit = read(FOLDER / f"wangqun-{name}.service")["Unit"]
        assert unit["Requires"] == unit["After"] == ["wangqun-prepare.service"]
        assert service(name)["Restart"] == ["always"]
    assert read(HOUSE)["Unit"]["PartOf"] == ["wangqun.target"]


@pytest.mark.parametrize("name", sorted(SERVICES | {"prepare"}))
def test_what_a_service_starts_exists(name: str) -> None:
    program, *words = command(name)
    assert program == f"{INSTALLED}/.venv/bin/python"
    if words[0] == "manage.py":
        assert words[1] in get_commands()
    else:
        assert words[:2] in (["-m", "granian"], ["-m", "config.prepare"])


def test_services_start_what_make_run_starts() -> None:
    """Only who may reach them, how many there are, how often they look and how much they say is their own affair."""
    parts = {part.name: part.command[1:] for part in run.parts("127.0.0.1", 8000, "/run/wangqun/django.sock")}
    ours = {name: command(name)[1:] for name in SERVICES}
    own_affair = re.compile(r"--(?:workers|uds-permissions|interval|log-level) \S+")
    started = {own_affair.sub("", " ".join(words)) for words in ours.values()}
    for name, words in parts.items():
        if not name.startswith("前端"):  # nginx stands in their place
            assert own_affair.sub("", " ".join(words)) in started, name


def test_only_those_that_make_restore_or_check_public_files_may_write_them() -> None:
    may = set()
    for name in SERVICES | {"prepare"}:
        closed = " ".join(service(name).get("ReadOnlyPaths", [])).split()
        hidden = " ".join(service(name).get("InaccessiblePaths", [])).split()
        if "-/var/lib/wangqun/release" not in closed:
            may.add(name)
        else:
            assert "-/var/lib/wangqun-manifest" in hidden  # nor do they see the key that signs the lists of files
    assert may == MAY_WRITE_THE_TREE
    assert read(HOUSE)["Service"]["ReadWritePaths"] == ["/var/lib/wangqun"]


def test_no_service_has_more_rights_than_it_needs() -> None:
    house = read(HOUSE)["Service"]
    assert house["User"] == ["wangqun"]
    assert house["CapabilityBoundingSet"] == [""]
    assert house["ProtectSystem"] == ["strict"]
    switches = (
        "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectClock", "ProtectHostname",
        "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "RestrictNamespaces",
        "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
    )  # fmt: skip
    assert {name: house[name] for name in switches} == {name: ["yes"] for name in switches}
    for name in SERVICES | {"prepare"}:
        assert not set(service(name)) & set(switches), name  # nobody takes it back


def test_nginx_sees_public_files_and_nothing_else_of_the_installation() -> None:
    found = read(FOLDER / "nginx.service.d" / "wangqun.conf")["Service"]
    assert found["TemporaryFileSystem"] == ["/var/lib/wangqun:ro"]
    assert found["BindReadOnlyPaths"] == [" ".join(f"/var/lib/wangqun/{name}" for name in ("release", "static", "nginx"))]
    assert found["BindPaths"] == ["/var/lib/wangqun/visits"]
    assert int(found["LimitNOFILE"][0]) > 2 * 20_000  # open files that it keeps, and connections


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The units as if the program were installed where this checkout is."""
    shutil.copytree(FOLDER, tmp_path / "units")
    for path in (tmp_path / "units").rglob("*.service"):
        text = path.read_text(encoding="utf-8").replace(f"{INSTALLED}/.venv/bin/python", sys.executable)
        path.write_text(text.replace("/usr/sbin/nginx", "/bin/true").replace("/usr/bin/systemctl", "/bin/true"))
    return tmp_path / "units"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="没有 systemd-analyze，只核对了写法")
def test_systemd_understands_every_unit(here: Path) -> None:
    listed = [str(path) for path in sorted(here.iterdir()) if path.suffix in {".service", ".target", ".path", ".timer"}]
    finished = subprocess.run(["systemd-analyze", "verify", "--man=no", *listed], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="没有 systemd-analyze，只核对了写法")
def test_systemd_finds_every_service_well_closed(here: Path) -> None:
    for name in SERVICES:
        unit = str(here / f"wangqun-{name}.service")
        finished = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", unit], capture_output=True, text=True, check=False
        )
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", finished.stdout)
        assert exposure, finished.stderr
        assert float(exposure[1]) <= WORST_EXPOSURE, name
