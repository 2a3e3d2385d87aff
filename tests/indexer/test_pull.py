"""What comes over the network is the model that was meant, or nothing is installed."""

import io
import socket
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filmdex.db.errors import ModelError
from filmdex.indexer import bundle
from filmdex.indexer.bundle import Bundle, load, verify_files
from filmdex.indexer.fetch import fetch
from filmdex.indexer.pull import Archive, Folder, Limits, install, received, source
from loopback import Reply, Site, serving

NAMES = ("model.json", "backbone.onnx", "head.onnx", "dark.onnx")


@pytest.fixture
def site(bundle_path: Path) -> Iterator[Site]:
    """A site with the colours bundle as a folder."""
    with serving() as one:
        for name in NAMES:
            one.replies[f"/colours/{name}"] = Reply((bundle_path / name).read_bytes())
        yield one


def tar(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return packed.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return packed.getvalue()


def files_of(folder: Path, prefix: str = "") -> dict[str, bytes]:
    return {prefix + name: (folder / name).read_bytes() for name in NAMES}


def pull(text: str, sha256: str | None, limits: Limits | None = None) -> Bundle:
    with received(source(text), sha256, limits or Limits(), lambda *_: None) as arrived:
        return install(arrived)


def nothing_is_left() -> bool:
    folder = bundle.installed_folder()
    return not folder.exists() or list(folder.iterdir()) == []


def test_a_folder_is_pulled_file_by_file(site: Site, bundle_path: Path) -> None:
    digest = load(bundle_path).digest
    pulled = pull(f"{site.url}/colours/", digest)
    assert pulled.path == bundle.installed_folder() / "colours" / "1"
    assert pulled.digest == digest
    verify_files(pulled)
    assert [p.name for p in bundle.installed_folder().iterdir()] == ["colours"]
    assert pull(f"{site.url}/colours/model.json", digest) == pulled


@pytest.mark.parametrize("prefix", ["", "./", "colours-1/"])
@pytest.mark.parametrize(("suffix", "pack"), [("tar.gz", tar), ("tgz", tar), ("zip", zipped)])
def test_an_archive_is_pulled_and_unpacked(
    site: Site,
    bundle_path: Path,
    prefix: str,
    suffix: str,
    pack: Callable[[dict[str, bytes]], bytes],
) -> None:
    site.replies[f"/colours.{suffix}"] = Reply(pack(files_of(bundle_path, prefix)))
    pulled = pull(f"{site.url}/colours.{suffix}?download=1".partition("?")[0], None)
    assert pulled.digest == load(bundle_path).digest
    verify_files(pulled)


def test_a_hubs_name_is_a_folder_at_a_revision(site: Site, bundle_path: Path) -> None:
    assert source("owner/name") == Folder("https://huggingface.co/owner/name/resolve/main/")
    for name, reply in list(site.replies.items()):
        site.replies[f"/o/n/resolve/v%2F1/{name.rpartition('/')[2]}"] = reply
    wanted = source("o/n@v/1", hub=site.url)
    told: list[tuple[str, int, int]] = []
    digest = load(bundle_path).digest
    with received(wanted, digest, Limits(), lambda *each: told.append(each)) as arrived:
        assert arrived.card.name == "colours"
        sizes = {name: (arrived.path / name).stat().st_size for name in arrived.card.files}
    assert {name: (there, of) for name, there, of in told} == {n: (s, s) for n, s in sizes.items()}
    assert nothing_is_left()


def test_a_redirect_is_followed(site: Site, bundle_path: Path) -> None:
    site.replies["/moved/colours.tgz"] = Reply(status=302, location="/elsewhere")
    site.replies["/elsewhere"] = Reply(tar(files_of(bundle_path)))
    assert pull(f"{site.url}/moved/colours.tgz", None).card.name == "colours"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("ftp://127.0.0.1/x", "only https is asked for"),
        ("http://example.org/x", "only https is asked for"),
        ("/colours.tgz", "infinite loop"),
    ],
)
def test_a_redirect_leads_nowhere_else(site: Site, location: str, reason: str) -> None:
    site.replies["/colours.tgz"] = Reply(status=302, location=location)
    with pytest.raises(ModelError, match=reason):
        pull(f"{site.url}/colours.tgz", None)
    assert nothing_is_left()


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/x.zip",
        "file:///etc/passwd",
        "ftp://localhost/x",
        "https:///x",
        "data://x",
    ],
)
def test_only_https_is_asked_for(text: str) -> None:
    with pytest.raises(ModelError, match="only https is asked for"):
        source(text)


@pytest.mark.parametrize("text", ["colours", "a/b/c", "../x", "./x", "x/..", "", "a b/c"])
def test_what_is_no_source_is_said(text: str) -> None:
    with pytest.raises(ModelError, match="neither a URL nor"):
        source(text)


def test_another_model_is_refused_before_its_files_are_asked_for(site: Site) -> None:
    with pytest.raises(ModelError, match="not the model that was meant"):
        pull(f"{site.url}/colours/", "0" * 64)
    assert site.asked == ["/colours/model.json"]
    assert nothing_is_left()


def test_a_digest_that_is_none_asks_for_nothing(site: Site) -> None:
    with pytest.raises(ModelError, match="is no SHA-256"):
        pull(f"{site.url}/colours/", "abc")
    assert site.asked == []


def test_a_file_that_is_not_the_cards_is_refused(site: Site) -> None:
    site.replies["/colours/head.onnx"] = Reply(b"another")
    with pytest.raises(ModelError, match=r"head\.onnx is not the file of colours 1"):
        pull(f"{site.url}/colours/", None)
    assert nothing_is_left()


def test_a_file_that_is_missing_is_named(site: Site) -> None:
    del site.replies["/colours/dark.onnx"]
    with pytest.raises(ModelError, match=r"/colours/dark\.onnx: the server says 404"):
        pull(f"{site.url}/colours/", None)
    assert nothing_is_left()


def test_half_a_file_is_refused(site: Site) -> None:
    whole = site.replies["/colours/head.onnx"].body
    site.replies["/colours/head.onnx"] = Reply(whole[:100], promised=len(whole))
    with pytest.raises(ModelError, match=rf"100 of {len(whole)} bytes came"):
        pull(f"{site.url}/colours/", None)
    assert nothing_is_left()


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_half_an_archive_is_refused(site: Site, bundle_path: Path, kind: str, share: float) -> None:
    whole = (tar if kind == "tar.gz" else zipped)(files_of(bundle_path))
    site.replies[f"/x.{kind}"] = Reply(whole[: int(len(whole) * share)], promised=-1)
    with pytest.raises(ModelError, match=r"damaged|no model bundle here|is not the file|No such"):
        pull(f"{site.url}/x.{kind}", None)
    assert nothing_is_left()


@pytest.mark.parametrize("promised", [None, -1])
def test_what_is_too_large_is_cut_off(site: Site, promised: int | None) -> None:
    site.replies["/colours/backbone.onnx"] = Reply(bytes(100_000), promised=promised)
    with pytest.raises(ModelError, match="larger than"):
        pull(f"{site.url}/colours/", None, Limits(all_bytes=50_000))
    assert nothing_is_left()
    with pytest.raises(ModelError, match=r"model\.json: larger than"):
        pull(f"{site.url}/colours/", None, Limits(card_bytes=100))


@pytest.mark.parametrize(("kind", "pack"), [("tgz", tar), ("zip", zipped)])
def test_an_archive_that_unpacks_to_too_much_is_refused(
    site: Site, kind: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    bomb = pack({"model.json": bytes(10_000_000)})
    assert len(bomb) < 50_000
    site.replies[f"/x.{kind}"] = Reply(bomb)
    with pytest.raises(ModelError, match="unpacks to more"):
        pull(f"{site.url}/x.{kind}", None, Limits(all_bytes=50_000))
    many = pack({f"f{n}": b"" for n in range(65)})
    site.replies[f"/x.{kind}"] = Reply(many)
    with pytest.raises(ModelError, match="more than 64 files"):
        pull(f"{site.url}/x.{kind}", None)
    assert nothing_is_left()


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "a/../../evil", "a/b/evil", "..", "a\\..\\evil", "other/evil"]
)
@pytest.mark.parametrize(("kind", "pack"), [("tgz", tar), ("zip", zipped)])
def test_an_archive_cannot_write_elsewhere(
    site: Site,
    bundle_path: Path,
    tmp_path: Path,
    name: str,
    kind: str,
    pack: Callable[[dict[str, bytes]], bytes],
) -> None:
    site.replies[f"/x.{kind}"] = Reply(pack({**files_of(bundle_path), name: b"evil"}))
    with pytest.raises(ModelError, match=r"no plain file of a bundle|not of one folder"):
        pull(f"{site.url}/x.{kind}", None)
    assert nothing_is_left()
    assert list(tmp_path.rglob("evil")) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_an_archive_is_refused(site: Site, kind: bytes) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("head.onnx")
        link.type, link.linkname = kind, "/etc/passwd"
        archive.addfile(link)
    site.replies["/x.tgz"] = Reply(packed.getvalue())
    with pytest.raises(ModelError, match=r"'head\.onnx' is no plain file"):
        pull(f"{site.url}/x.tgz", None)


def test_a_link_in_a_zip_is_refused(site: Site) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("head.onnx")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    site.replies["/x.zip"] = Reply(packed.getvalue())
    with pytest.raises(ModelError, match=r"'head\.onnx' is no plain file"):
        pull(f"{site.url}/x.zip", None)


def test_a_card_cannot_name_files_elsewhere(site: Site, bundle_path: Path) -> None:
    card = (bundle_path / "model.json").read_text().replace('"dark.onnx"', '"../dark.onnx"')
    site.replies["/colours/model.json"] = Reply(card.encode())
    with pytest.raises(ModelError, match="pattern"):
        pull(f"{site.url}/colours/", None)
    assert site.asked == ["/colours/model.json"]


def test_without_a_network_there_is_a_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/colours/"
        with pytest.raises(ModelError, match=r"cannot be reached .*filmdex model use FOLDER"):
            pull(url, None)
    assert nothing_is_left()


def test_a_file_is_never_written_over(site: Site, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(FileExistsError):
        fetch(f"{site.url}/colours/model.json", tmp_path / "there", 10**6)
    assert (tmp_path / "there").read_text() == "mine"


def test_a_source_is_what_its_address_says() -> None:
    assert source("https://a.example/x.tar.gz") == Archive("https://a.example/x.tar.gz", ".tar.gz")
    assert source("https://a.example/m") == Folder("https://a.example/m/")
    assert source("https://a.example/m/model.json") == Folder("https://a.example/m/")
