"""What Django answers to readers is kept by nobody, whatever the answer is."""

import pytest

pytestmark = [pytest.mark.req("PUB-1", "SEC-1")]
KEPT = "private, no-store"


@pytest.mark.parametrize(
    "address",
    ["/", "/nowhere/", "/nowhere", "/search/?q=x", "/live/visits/?path=/", "/zh-hant/live/related/", "/en/search/", "/%00"],
)
def test_every_answer_outside_the_back_office_says_so(world, client, address) -> None:
    answer = client.get(address, headers={"host": "zhengding.localhost"})
    assert answer["Cache-Control"] == KEPT
    assert "ETag" not in answer


def test_so_does_a_refused_host(world, client, settings) -> None:
    settings.ALLOWED_HOSTS = ["known.example"]
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert answer["Cache-Control"] == KEPT


def test_so_does_a_forbidden_post(world, settings) -> None:
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/search/", headers={"host": "zhengding.localhost"})
    assert answer.status_code in {403, 405}
    assert answer["Cache-Control"] == KEPT


def test_so_does_a_fault(world, client, monkeypatch) -> None:
    def fault(*args: object) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    monkeypatch.setattr("wangqun.visits.views.live._item", fault)
    answer = client.get("/live/visits/?path=/", headers={"host": "zhengding.localhost"})
    assert answer.status_code == 500
    assert answer["Cache-Control"] == KEPT


def test_the_back_office_says_for_itself(world, client) -> None:
    answer = client.get("/admin/login/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cache-Control"] != KEPT
