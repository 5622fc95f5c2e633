"""Printing: Chinese survives, and nothing of the machine or the network gets into a PDF (T48, T49)."""

import io
import logging
import socket

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from wangqun.base import pdf

pytestmark = [
    pytest.mark.req("REM-2"),
    pytest.mark.skipif(not pdf.pdf_is_available(), reason="pango or a Chinese font is missing"),
]


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in read(content).pages).replace("\n", "")


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("绝不外泄 secret-of-this-machine", encoding="utf-8")
    return path


@pytest.fixture
def listener():
    """A server of this machine that counts who knocks."""
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    yield server
    server.close()


def knocks(server: socket.socket) -> int:
    try:
        server.accept()
    except BlockingIOError:
        return 0
    return 1


def test_chinese_text_survives_to_the_letter():
    text = "石商网提〔2026〕12号“网站内容更新提醒单”：𠮷野、A&B"
    page = "<!DOCTYPE html><html lang='zh-Hans'><body>石商网提〔2026〕12号“网站内容更新提醒单”：𠮷野、A&amp;B</body></html>"
    assert text in text_of(pdf.render_pdf(page))


def test_the_shared_sheet_is_a4_and_its_style_is_applied():
    content = pdf.render_pdf(render_to_string("print/base.html"))
    box = read(content).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    fetched = pdf._static_file(pdf.BASE_URL + "static/css/print.css")
    assert fetched is not None and "A4" in fetched.read_text(encoding="utf-8")


def test_a_local_file_is_neither_shown_nor_attached(secret, caplog):
    address = secret.as_uri()
    page = f"""<link rel=attachment href="{address}"><a rel=attachment href="{address}">附件</a>
        <link rel=stylesheet href="{address}"><img src="{address}"><object data="{address}"></object>
        <div style="background: url({address})">正文</div><img src="file:///etc/passwd">
        <svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/><use href="{address}#a"/></svg>"""
    with caplog.at_level(logging.CRITICAL, "weasyprint"):
        content = pdf.render_pdf(page)
    assert not read(content).attachments
    assert b"secret-of-this-machine" not in content and "secret-of" not in text_of(content)
    assert "正文" in text_of(content)


def test_no_address_of_the_network_is_ever_asked(listener, caplog):
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/latest/meta-data"
    page = f"""<base href="{address}"><img src="{address}"><img src="x.png"><link rel=stylesheet href="{address}">
        <link rel=attachment href="{address}"><style>@import url("{address}");
        @font-face {{ font-family: a; src: url({address}) }}
        p {{ font-family: a; list-style-image: url({address}) }}</style><p>正文</p>
        <img src="http://169.254.169.254/"><img src="//169.254.169.254/">"""
    with caplog.at_level(logging.CRITICAL, "weasyprint"):
        content = pdf.render_pdf(page)
    assert knocks(listener) == 0
    assert not read(content).attachments and "正文" in text_of(content)


@pytest.mark.parametrize(
    "address",
    [
        "static/../settings.py",
        "static/%2e%2e/%2e%2e/config/settings.py",
        "static//etc/passwd",
        "static/css/../../models.py",
        "static/",
        "media/print.css",
        "../../etc/passwd",
    ],
)
def test_an_address_that_climbs_out_of_the_static_folder_names_nothing(address):
    assert pdf._static_file(pdf.BASE_URL + address) is None


def test_a_link_inside_the_static_folder_that_leads_out_names_nothing(tmp_path, monkeypatch):
    static = tmp_path / "static"
    static.mkdir()
    (tmp_path / "outside.css").write_text("p {}")
    (static / "inside.css").symlink_to(tmp_path / "outside.css")
    monkeypatch.setattr(pdf, "STATIC", static)
    assert pdf._static_file(pdf.BASE_URL + "static/inside.css") is None


def test_a_collected_file_with_a_digest_in_its_name_is_found(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "css").mkdir()
    (tmp_path / "css/print.1a2b3c.css").write_text("p {}")
    assert pdf._static_file(pdf.BASE_URL + "static/css/print.1a2b3c.css") == tmp_path / "css/print.1a2b3c.css"


def test_a_picture_inside_the_page_is_printed():
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
    assert len(read(pdf.render_pdf(f'<img src="data:image/png;base64,{dot}">')).pages[0].images) == 1


def test_without_a_chinese_font_the_answer_is_unavailable_and_not_empty_boxes(monkeypatch):
    monkeypatch.setattr(pdf, "pdf_is_available", lambda: False)
    with pytest.raises(pdf.PdfUnavailable, match="请用浏览器打印"):
        pdf.render_pdf("<p>正文</p>")


def test_a_machine_without_the_font_tool_counts_as_without_fonts(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    assert pdf._has_chinese_font() is False
