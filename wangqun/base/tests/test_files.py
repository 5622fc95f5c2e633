"""Uploaded files are for signed-in staff; readers get copies of what was released."""

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from tests.staff import signed_in
from wangqun.access import actions as access
from wangqun.access.models import Grant

pytestmark = pytest.mark.req("COL-4", "PUB-1")


@pytest.fixture
def uploaded(world):
    document = get_document_model().objects.create(title="名单", file=ContentFile("张三".encode(), name="名单.txt"))
    image = get_image_model().objects.create(title="图", file=get_test_image_file("图.png"))
    return document, image


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_straight_after_the_upload_nobody_outside_can_read_it(client, uploaded):
    document, image = uploaded
    for address in (document.url, document.file.url, image.file.url, image.get_rendition("max-100x100").url):
        assert address.startswith("/admin/")
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]
    for address in (f"/documents/{document.pk}/{document.filename}", f"/media/{image.file.name}", f"/files/{image.file.name}"):
        assert client.get(address).status_code in {404, 410}


def test_staff_read_it(world, uploaded):
    document, image = uploaded
    client = signed_in(world.wang)
    for address, content in ((document.url, "张三".encode()), (document.file.url, "张三".encode())):
        answer = client.get(address)
        assert answer.status_code == 200
        assert body(answer) == content
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "attachment" in answer["Content-Disposition"]
    answer = client.get(image.get_rendition("max-100x100").url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    body(answer)


def test_a_suspended_person_reads_nothing(world, uploaded):
    document, _image = uploaded
    client = signed_in(world.wang)
    access.suspend(Grant.objects.get(user=world.wang), by=world.zhou, reason="核查")
    assert client.get(document.url).status_code == 302
    assert client.get(document.file.url).status_code == 302


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.xml"])
def test_nothing_in_a_file_runs(world, name):
    path = settings.MEDIA_ROOT / "documents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<script>alert(1)</script>", encoding="utf-8")
    answer = signed_in(world.wang).get(f"/admin/files/documents/{name}")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "attachment" in answer["Content-Disposition"]
    body(answer)


@pytest.mark.parametrize(
    "path",
    [
        "../keys/secret_key",
        "..%2Fkeys%2Fsecret_key",
        "%2e%2e/keys/secret_key",
        "/etc/passwd",
        "documents",
        "nichts.txt",
        "a%00b",
    ],
)
def test_nothing_outside_of_the_folder_is_served(world, path):
    answer = signed_in(world.wang).get(f"/admin/files/{path}")
    assert answer.status_code in {302, 404}
    assert not answer.streaming


def test_files_are_only_read(world, uploaded):
    document, _image = uploaded
    assert signed_in(world.wang).post(document.file.url).status_code == 405


def test_the_server_sends_long_answers_piece_by_piece(world, uploaded):
    import asyncio

    from django.core.handlers.asgi import ASGIRequest
    from django.http import StreamingHttpResponse

    from wangqun.base.middleware import Streams

    request = ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}, None)
    answer = Streams(lambda asked: StreamingHttpResponse(iter([b"a", b"b"])))(request)
    assert answer.is_async

    async def gather() -> bytes:
        return b"".join([piece async for piece in answer])

    assert asyncio.run(gather()) == b"ab"
    assert not Streams(lambda asked: StreamingHttpResponse(iter([b"a"])))(Client().request().wsgi_request).is_async
