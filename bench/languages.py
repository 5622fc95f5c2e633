"""How long the traditional sibling of a page takes, per 15 KB, cold and warm: `python -m bench.languages`."""

import json
import os
import time

SIZE = 15_000  # bytes
SENTENCE = "石家庄市商务局组织干部群众学习发展规划，征求意见后公布实施办法，并对外贸企业开展培训，审核后予以公示。"


def page(number: int) -> bytes:
    """Return a page of about 15 KB: furniture that all share, text of its own."""
    links = "".join(f'<li><a href="/lanmu{at}/" title="栏目{at}">工作动态{at}</a></li>' for at in range(12))
    head = '<html lang="zh-Hans"><head><title>标题</title><link rel="canonical" href="http://a.test/gzdt/"></head>'
    body = "".join(f"<p>第{number}篇之{at}：{SENTENCE}</p>" for at in range(75))
    return f"{head}<body><header><ul>{links}</ul></header><main>{body}</main></body></html>".encode()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    import django  # noqa: PLC0415 - settings first

    django.setup()
    from wangqun.languages import traditional  # noqa: PLC0415

    traditional._read = lambda: traditional._last  # no database in this measurement
    pages = [page(number) for number in range(200)]
    traditional.convert(pages[0], "text/html")
    found = {}
    for name in ("cold", "warm"):
        start = time.process_time()
        for content in pages:
            traditional.convert(content, "text/html")
        found[f"{name}_ms_per_15_kb"] = round(
            (time.process_time() - start) * 1000 * SIZE / sum(len(content) for content in pages), 2
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
