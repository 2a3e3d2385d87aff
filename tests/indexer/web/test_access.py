"""By which names the page may be asked for, and that nobody can read along."""

import pytest
from filmdex.db.errors import ConfigError
from filmdex.indexer.web.access import decided, is_loopback, split_host


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8350", True),
        ("localhost:8350", True),
        ("LOCALHOST:8350", True),
        ("[::1]:8350", True),
        ("films.example:8350", True),
        ("127.0.0.1:8351", False),
        ("127.0.0.1", False),
        ("evil.example:8350", False),
        ("127.0.0.1.evil.example:8350", False),
        ("127.0.0.1:8350:8350", False),
        ("localhost:99999999", False),
        ("", False),
    ],
)
def test_the_loopback_is_known_by_its_names_and_those_allowed(host: str, known: bool) -> None:
    assert decided("127.0.0.1", 8350, ["films.example"]).knows(host) is known


def test_a_default_port_may_be_left_out() -> None:
    assert decided("10.0.0.5", 443, tls=True).knows("10.0.0.5")
    assert not decided("10.0.0.5", 8443, tls=True).knows("10.0.0.5")


EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing is bound to it here


@pytest.mark.parametrize("host", [EVERYWHERE, "192.168.1.5", "films.example", "::"])
def test_elsewhere_it_wants_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match="others would read along"):
        decided(host, 8350, ["films.example"])
    assert decided(host, 8350, ["films.example"], tls=True).secure
    assert decided(host, 8350, ["films.example"], proxied=True).secure


def test_at_every_address_it_must_be_told_its_names() -> None:
    with pytest.raises(ConfigError, match="--allow-host"):
        decided(EVERYWHERE, 8350, tls=True)
    assert decided("192.168.1.5", 8350, tls=True).knows("192.168.1.5:8350")
    assert decided("fd00::5", 8350, tls=True).knows("[fd00::5]:8350")


def test_behind_a_proxy_nobody_is_local() -> None:
    assert decided("127.0.0.1", 8350).local
    assert not decided("127.0.0.1", 8350, ["films.example"], proxied=True).local
    assert decided("127.0.0.1", 8350, ["films.example"], proxied=True).knows("films.example")


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://127.0.0.1:8350", True),
        ("https://127.0.0.1:8350", False),
        ("http://127.0.0.1:8351", False),
        ("http://localhost:8350", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_the_page_itself_is_of_the_same_origin(origin: str, same: bool) -> None:
    assert decided("127.0.0.1", 8350).same_origin(origin, "127.0.0.1:8350") is same


def test_hosts_are_taken_apart() -> None:
    assert split_host("[::1]") == ("[::1]", None)
    assert split_host("[::1]:80") == ("[::1]", 80)
    assert split_host("a.b:80") == ("a.b", 80)
    assert [is_loopback(h) for h in ("127.9.9.9", "::1", "localhost", "10.0.0.1", "x")] == [
        True,
        True,
        True,
        False,
        False,
    ]
