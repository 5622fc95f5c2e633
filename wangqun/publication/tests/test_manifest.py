"""The manifest: one signed chain of sheets, made in the transaction of the change, readable as files."""

import hashlib
import json
import stat
import threading

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from wangqun.base.moments import now
from wangqun.publication import manifest
from wangqun.publication.models import File, Generation, Manifest, Tree
from wangqun.websites.models import Website

pytestmark = pytest.mark.req("SEC-1")
HOST = "zhengding.localhost"
LINE = manifest.Line(HOST, 90, "news/index.html", "a" * 64, 10, None)


@pytest.fixture
def generation(world, settings, tmp_path):
    """A generation of one tree of two files, in a release folder of its own."""
    settings.RELEASE_ROOT = tmp_path / "release"
    settings.WANGQUN_MANIFEST_KEY = tmp_path / "keys" / "manifest.pem"
    Generation.objects.update(is_current=False)
    Tree.objects.update(state="former")
    website = Website.objects.get(domain=HOST)
    tree = Tree.objects.create(website=website, host=HOST, number=90, state="current", made_at=now())
    made = Generation.objects.create(number=900, reason="试", by=world.zhou, switched_at=now(), is_current=True)
    made.trees.add(tree)
    home = Page.objects.get(pk=website.site.root_page_id)
    for path, twins in (("index.html", True), ("a.pdf", False)):
        File.objects.create(
            tree=tree, path=path, page=home, content_type="text/html", sha256="1" * 64, size=7, built_at=now(),
            gzip_sha256="2" * 64 if twins else "", brotli_sha256="3" * 64 if twins else "",
        )  # fmt: skip
    return made


def sheet(number):
    """Return the head, the lines and the seal of a sheet's file, and the bytes that the digest is made of."""
    content = manifest.sheet_place(number).read_bytes()
    *body, seal = content.splitlines(keepends=True)
    parsed = [json.loads(line) for line in body]
    return parsed[0], parsed[1:], json.loads(seal), b"".join(body)


def test_a_change_and_a_whole_sheet_form_one_chain_that_the_public_key_confirms(generation):
    start = manifest.newest()
    first = manifest.add_whole(generation)
    second = manifest.add_change([LINE], run=7)
    assert manifest.export() >= 2
    assert first.previous == (start.digest if start else "") and second.previous == first.digest
    assert second.number == first.number + 1
    public = load_pem_public_key(manifest.public_place().read_bytes())
    for row in (first, second):
        head, lines, seal, body = sheet(row.number)
        assert hashlib.sha256(body).hexdigest() == seal["digest"] == row.digest
        assert (head["previous"], head["number"], head["trees"]) == (row.previous, row.number, {HOST: 90})
        assert len(lines) == row.count
        assert manifest.signature_holds(seal["digest"], seal["signature"], public)
    assert sheet(second.number)[1] == [[HOST, 90, "news/index.html", "a" * 64, 10, None]]
    assert sheet(second.number)[0]["run"] == 7


def test_a_whole_sheet_names_every_file_and_twin_in_the_order_of_bytes(generation):
    row = manifest.add_whole(generation)
    manifest.export()
    assert [(line[2], line[3][0], line[4]) for line in sheet(row.number)[1]] == [
        ("a.pdf", "1", 7), ("index.html", "1", 7), ("index.html.br", "3", None), ("index.html.gz", "2", None),
    ]  # fmt: skip


def test_a_change_without_lines_makes_no_sheet_and_none_is_made_outside_a_transaction(generation):
    assert manifest.add_change([], run=1) is None
    before = Manifest.objects.count()
    assert Manifest.objects.count() == before


@pytest.mark.committed
def test_a_sheet_needs_the_transaction_of_its_change(committed_db):
    with pytest.raises(transaction.TransactionManagementError):
        manifest.add_change([LINE], run=1)


def test_export_is_idempotent_and_makes_up_for_a_process_that_died(generation):
    manifest.add_change([LINE], run=1)
    manifest.add_change([LINE], run=2)
    first = manifest.export()
    assert first >= 2 and manifest.export() == 0
    manifest.sheet_place(manifest.newest().number).unlink()
    assert manifest.export() == 1
    assert not [path for path in manifest.sheet_place(1).parent.iterdir() if path.suffix != ".json"], "nothing left aside"


def test_export_looks_at_new_sheets_only(generation):
    for number in range(5):
        manifest.add_change([LINE], run=number)
    manifest.export()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        manifest.export()
    assert len(seen) == 1


def test_a_whole_sheet_that_was_rolled_back_leaves_no_trace(generation):
    with pytest.raises(RuntimeError, match="disk"), transaction.atomic():
        manifest.add_whole(generation)
        raise RuntimeError("disk")
    row = manifest.add_change([LINE], run=1)
    manifest.export()
    assert sheet(row.number)[0]["kind"] == "change"


def test_the_private_key_is_readable_by_its_owner_only_and_never_lies_in_the_tree(generation, settings):
    manifest.add_change([LINE], run=1)
    place = manifest.key_place()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    settings.WANGQUN_MANIFEST_KEY = settings.RELEASE_ROOT / "key.pem"
    with pytest.raises(ImproperlyConfigured, match="不能放在"):
        manifest.signing_key()


def test_a_new_key_is_named_by_a_sheet_that_the_old_key_signed(generation, django_capture_on_commit_callbacks):
    old = manifest.signing_key().public_key()
    with django_capture_on_commit_callbacks(execute=True):
        change = manifest.change_key()
    new = manifest.signing_key().public_key()
    after = manifest.add_change([LINE], run=1)
    assert manifest.key_id(old) != manifest.key_id(new)
    assert manifest.signature_holds(change.digest, change.signature, old)
    assert json.loads(change.body.splitlines()[0])["new_key"].encode() == manifest.public_place().read_bytes()
    assert manifest.signature_holds(after.digest, after.signature, new)
    assert manifest.public_place(manifest.key_id(old)).exists()


def test_a_change_of_key_cut_off_after_its_commit_is_finished_by_the_next_sheet(generation):
    old = manifest.signing_key().public_key()
    manifest.change_key()  # the callback after commit never runs: the process died
    assert manifest.signing_key().public_key() == old
    after = manifest.add_change([LINE], run=1)
    assert after.key_id != manifest.key_id(old)
    assert manifest.signature_holds(after.digest, after.signature, manifest.signing_key().public_key())


@pytest.mark.postgresql
@pytest.mark.committed
def test_sheets_of_many_workers_at_once_form_one_chain_without_a_gap(committed_db):
    from tests.world import World

    generation = Generation.objects.filter(is_current=True).first()
    if generation is None:
        generation = Generation.objects.create(number=900, reason="试", by=World().zhou, switched_at=now(), is_current=True)
    manifest.signing_key()
    faults = []

    def work(number):
        try:
            for turn in range(10):
                with transaction.atomic():
                    manifest.add_change([LINE], run=100 * number + turn)
                manifest.export()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    before = manifest.newest()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    with transaction.atomic():  # meanwhile another generation takes the place of this one
        list(Generation.objects.filter(is_current=True).select_for_update())
        Generation.objects.filter(is_current=True).update(is_current=False)
        following = Generation.objects.create(number=901, reason="试", by=World().zhou, switched_at=now(), is_current=True)
        manifest.add_whole(following)
    for thread in threads:
        thread.join()
    manifest.export()
    assert faults == []
    rows = list(Manifest.objects.filter(number__gt=before.number if before else 0).order_by("number"))
    assert len(rows) == 41
    previous = before
    for row in rows:
        assert (row.number, row.previous) == ((previous.number + 1, previous.digest) if previous else (1, ""))
        previous = row
    standing = {int(place.stem) for place in manifest.sheet_place(1).parent.glob("*.json")}
    assert {row.number for row in rows if row.number >= manifest.newest_whole().number} <= standing
