"""The audit's chain holds against whoever can write the database and not read the key."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from filling import REFUSED, Witness, plain, rows
from filmdex.db import audit
from filmdex.db.audit import BEGINNING, Broken, Head
from filmdex.db.errors import StoreError
from filmdex.db.store import Store
from filmdex.indexer.audit_key import key_for, note_head, parse_head

KEY = b"k" * 32
ENTRIES = 12
KINDS = ("verdict", "review", "policy")


@pytest.fixture
def chained(store: Store) -> Store:
    """A library with a chain, whose triggers somebody has taken away."""
    with store.writing() as db:
        for n in range(ENTRIES):
            audit.append(db, KEY, KINDS[n % 3], f"film {n % 4}", {"n": n, "é": [1]}, 1000 + n)
    on = {"sqlite": ("_update", "_delete"), "postgresql": (" ON audit",)}
    with plain(store) as db:
        for rest in on[store.engine.dialect.name]:
            db.execute(f"DROP TRIGGER audit_refuses{rest}")
    return store


def verified(store: Store, noted: Head | None = None) -> Head | Broken:
    with store.reading() as db:
        return audit.verify(db, KEY, noted)


def head_of(store: Store) -> Head:
    with store.reading() as db:
        return audit.head(db)


def test_a_chain_that_nobody_touched_is_whole(chained: Store) -> None:
    head = head_of(chained)
    assert head.number == ENTRIES
    assert verified(chained) == head
    assert verified(chained, head) == head
    assert verified(chained, parse_head(str(head))) == head
    assert isinstance(verified(chained, Head(3, "0" * 64)), Broken)


def test_an_empty_chain_is_whole(store: Store) -> None:
    assert verified(store) == Head(0, BEGINNING)
    assert verified(store, Head(0, BEGINNING)) == Head(0, BEGINNING)
    assert verified(store, Head(1, "a" * 64)) == Broken(1, "is missing, up to the noted head at 1")


def test_another_key_breaks_the_first_row(chained: Store) -> None:
    with chained.reading() as db:
        broken = audit.verify(db, b"x" * 32)
    assert isinstance(broken, Broken)
    assert broken.number == 1


def test_the_database_itself_refuses_to_change_or_remove(store: Store) -> None:
    with store.writing() as db:
        audit.append(db, KEY, "verdict", "film", {}, 1)
    with plain(store) as db:
        for statement in ("UPDATE audit SET made_us = 2", "DELETE FROM audit"):
            with pytest.raises(REFUSED, match="append-only"):
                db.execute(statement)


# -- tampering ----------------------------------------------------------------------------------

Tamper = Callable[[Witness, random.Random], None]


def _changed(db: Witness, rng: random.Random) -> None:
    """Change one column of one row a little."""
    number = rng.randint(1, ENTRIES)
    column = rng.choice(["made_us", "kind", "subject", "body", "mac"])
    [(old,)] = db.execute(f"SELECT {column} FROM audit WHERE id = ?", [number])  # noqa: S608
    if column == "made_us":
        new: object = old + rng.choice([-1, 1])
    elif column == "kind":
        new = rng.choice([kind for kind in KINDS if kind != old])
    else:
        at = rng.randrange(len(old))
        letter = rng.choice([c for c in "0123456789abcdefé " if c != old[at]])
        new = old[:at] + letter + old[at + 1 :]
    db.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", [new, number])  # noqa: S608


def _removed(db: Witness, rng: random.Random) -> None:
    """Remove a row that is not the last; sometimes close the gap."""
    number = rng.randint(1, ENTRIES - 1)
    db.execute("DELETE FROM audit WHERE id = ?", [number])
    if rng.random() < 0.5:
        for later in range(number + 1, ENTRIES + 1):
            db.execute("UPDATE audit SET id = ? WHERE id = ?", [later - 1, later])


def _inserted(db: Witness, rng: random.Random) -> None:
    """Put a copy of a row, or a new one, somewhere, also at the end."""
    number = rng.randint(1, ENTRIES + 1)
    for later in range(ENTRIES, number - 1, -1):
        db.execute("UPDATE audit SET id = ? WHERE id = ?", [later + 1, later])
    source = rng.choice([n for n in range(1, ENTRIES + 2) if n != number])
    body = rng.choice(["'{}'", "body"])
    columns = f"?, made_us, kind, subject, {body}, mac"
    db.execute(f"INSERT INTO audit SELECT {columns} FROM audit WHERE id = ?", [number, source])  # noqa: S608


def _swapped(db: Witness, rng: random.Random) -> None:
    """Let two rows change places."""
    one, other = rng.sample(range(1, ENTRIES + 1), 2)
    for old, new in ((one, 10**6), (other, one), (10**6, other)):
        db.execute("UPDATE audit SET id = ? WHERE id = ?", [new, old])


def _cut(db: Witness, rng: random.Random) -> None:
    """Cut the tail off."""
    db.execute("DELETE FROM audit WHERE id > ?", [rng.randint(0, ENTRIES - 1)])


def _anew(db: Witness, rng: random.Random) -> None:
    """Write the chain anew from some row on, with the right key: the worst that can happen."""
    number = rng.randint(1, ENTRIES)
    before = db.execute("SELECT mac FROM audit WHERE id = ?", [number - 1]).fetchone()
    mac = before[0] if before else BEGINNING
    db.execute("UPDATE audit SET subject = 'forged' WHERE id = ?", [number])
    later = db.execute("SELECT * FROM audit WHERE id >= ? ORDER BY id", [number]).fetchall()
    for row in later:
        mac = audit._mac(KEY, mac, *row[:5])
        db.execute("UPDATE audit SET mac = ? WHERE id = ?", [mac, row[0]])


def test_a_thousand_tamperings_are_all_found(chained: Store) -> None:
    rng = random.Random(6)  # noqa: S311  a test that can be repeated
    head = head_of(chained)
    original = rows(chained, "SELECT * FROM audit ORDER BY id")
    needs_head = {_cut, _anew}
    kinds: list[Tamper] = [_changed, _removed, _inserted, _swapped, _cut, _anew]
    found = 0
    with plain(chained) as db:
        for n in range(1000):
            tamper = kinds[n % len(kinds)]
            db.execute("BEGIN")
            tamper(db, rng)
            db.execute("COMMIT")
            assert db.execute("SELECT * FROM audit ORDER BY id").fetchall() != original, tamper
            noted = head if tamper in needs_head else None
            assert isinstance(verified(chained, noted), Broken), (n, tamper)
            if noted is not None:  # what cannot be told without: that is what it is for
                assert isinstance(verified(chained), Head), (n, tamper)
            found += 1
            db.execute("BEGIN")
            db.execute("DELETE FROM audit")
            db.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)", original)
            db.execute("COMMIT")
    assert found == 1000
    assert verified(chained, head) == head


# -- the key and the log ------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "audit.key"
    key = key_for(path, chain_is_empty=True)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_for(path, chain_is_empty=False) == key
    assert [one.name for one in path.parent.iterdir()] == ["audit.key"]


def test_a_key_that_is_gone_open_or_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    with pytest.raises(StoreError, match="the audit's key is gone"):
        key_for(path, chain_is_empty=False)
    path.write_text("ab" * 32)
    path.chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        key_for(path, chain_is_empty=False)
    path.chmod(0o600)
    path.write_text("ab" * 31)
    with pytest.raises(StoreError, match="is no key"):
        key_for(path, chain_is_empty=False)


def test_the_log_holds_heads_that_can_be_verified_against(chained: Store, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "audit.log"
    note_head(log, "/a b\n.db", head_of(chained), 0)
    [line] = log.read_text(encoding="utf-8").splitlines()
    assert line.startswith("1970-01-01T00:00:00+00:00 12:")
    assert verified(chained, parse_head(line.split()[1])) == head_of(chained)
    for wrong in ("12", "x:" + "a" * 64, "12:" + "a" * 63, "12:" + "g" * 64):
        with pytest.raises(ValueError, match="is no head"):
            parse_head(wrong)
