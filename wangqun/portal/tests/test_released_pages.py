import shutil

import pytest
from django.conf import settings

from tests.reading import Reading, xml
from wangqun.publication import actions as publication
from wangqun.publication.jobs import work_off

pytestmark = pytest.mark.req("PUB-1", "PUB-6", "PUB-8")


def test_a_released_article_is_on_its_page_its_column_its_home_and_the_portal(world):
    title = "正定县商务局公布门户页面测试结果"
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    article = world.released(title=title)
    work_off()
    hosts = list((settings.RELEASE_ROOT / "current").iterdir())
    trees = {host.name: host.resolve() for host in hosts}
    files = {
        f"{host}/{path.relative_to(tree)}": path for host, tree in trees.items() for path in tree.rglob("*") if path.is_file()
    }
    showing = {path: file.read_bytes() for path, file in files.items() if title.encode() in file.read_bytes()}
    pages = {path.split("localhost/")[-1]: content for path, content in showing.items() if path.endswith("index.html")}
    assert len([path for path in showing if path.endswith("index.html")]) == 4
    assert set(pages) == {"index.html", "gzdt/index.html", f"{article.folder}/index.html"}
    for path, content in showing.items():
        if path.endswith("index.html"):
            assert Reading(content).tag("SiteIDCode") == "1301230001"
        elif path.endswith(".xml"):
            assert xml(content).find("channel/item/title").text == title
