"""The command that writes nginx's configuration: settings and registry go in, what must not be public stays out."""

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.world import World
from wangqun.websites.actions import apply, close, suspend

pytestmark = pytest.mark.req("SCA-2")


def hosts() -> Path:
    return Path(settings.DATA) / "nginx" / "hosts.map"


def run(*arguments: str) -> tuple[str, str]:
    said, aside = io.StringIO(), io.StringIO()
    call_command("nginx_config", *arguments, stdout=said, stderr=aside)
    return said.getvalue(), aside.getvalue()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings) -> None:
    settings.DATA = tmp_path
    settings.WANGQUN_DOMAIN = "localhost"
    settings.ADMIN_HOST = "admin.localhost"


def test_the_list_follows_the_registry(world: World) -> None:
    run("--hosts")
    assert f'"{world.zhengding.domain}" open;' in hosts().read_text().splitlines()
    suspend(world.zhengding, by=world.zhou, reason="整改")
    run("--hosts")
    assert f'"{world.zhengding.domain}" suspended;' in hosts().read_text().splitlines()
    close(world.zhengding, by=world.zhou, reason="并入门户")
    run("--hosts")
    assert f'"{world.zhengding.domain}" closed;' in hosts().read_text().splitlines()


def test_a_site_that_was_only_applied_for_is_not_listed(world: World) -> None:
    apply(
        kind="fair", name="网上洽谈会", domain="wsqth.localhost", organisation=world.portal.organisation, by=world.zhou,
        reason="招商需要",
    )  # fmt: skip
    run("--hosts")
    assert "wsqth" not in hosts().read_text()


def test_an_unchanged_list_is_not_written_again(world: World) -> None:
    said, _ = run("--hosts")
    assert "重新加载" in said
    before = hosts().stat()
    assert run("--hosts") == ("", "")
    assert (hosts().stat().st_ino, hosts().stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_configuration_is_all_that_is_printed(world: World) -> None:
    said, aside = run("--certificate", "/etc/ssl/a.pem", "--key", "/etc/ssl/a.key", "--brotli", "--admin-from", "10.0.0.0/8")
    assert said.startswith("# Made by")
    assert "server_name .localhost;" in said
    assert "ssl_certificate /etc/ssl/a.pem;" in said
    assert "brotli_static on;" in said
    assert "allow 10.0.0.0/8;\n" in said
    assert str(hosts()) in said
    assert "重新加载" in aside
    assert "brotli" not in run("--no-brotli")[0]
    assert "ssl_certificate" not in run()[0]


@pytest.mark.parametrize("arguments", [["--certificate", "/a.pem"], ["--listen", "80; }"], ["--trusted-proxy", "10/8"]])
def test_odd_arguments_are_refused_in_one_sentence(world: World, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="。"):
        run(*arguments)
