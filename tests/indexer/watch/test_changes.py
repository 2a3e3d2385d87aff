"""What becomes of a root's files: every rule of section 7, played with plain values."""

import pytest
from filmdex.indexer.watch.changes import (
    Action,
    Back,
    Froze,
    Known,
    Lost,
    Moved,
    Pass,
    RootChanges,
    Seen,
    Take,
    Thawed,
)

ROOT = b"/films"
SECOND = 1_000_000
SETTLE = 5 * SECOND


def seen(number: int = 1, mtime: int = 10, device: int = 1) -> Seen:
    return Seen(number * 1000, mtime, device, number)


def look(*numbers: int, **more: Seen) -> Pass:
    """See films by number, each of its own size and inode, and others by name."""
    files = {b"/films/%d.mkv" % n: seen(n) for n in numbers}
    return Pass(files | {b"/films/" + k.encode(): v for k, v in more.items()}, {ROOT: 1})


GONE = Pass({}, {}, {ROOT: "No such file or directory"})


def path(number: int) -> bytes:
    return b"/films/%d.mkv" % number


def root_with(*numbers: int) -> RootChanges:
    """A root whose films are known, and have been seen once since the start."""
    root = RootChanges(ROOT, SETTLE, {path(n): Known(n * 1000, 10) for n in numbers})
    assert root.step(look(*numbers), 0) == []
    return root


def test_a_file_is_taken_when_two_looks_far_enough_apart_saw_the_same() -> None:
    root = RootChanges(ROOT, SETTLE, {})
    assert root.step(look(1), 0) == []
    assert root.step(look(1), SETTLE - 1) == []
    assert root.unsettled
    assert root.step(look(1), SETTLE) == [Take(path(1), seen(1))]
    assert not root.unsettled
    assert root.step(look(1), 9 * SETTLE) == []


def test_one_look_is_never_enough() -> None:
    root = RootChanges(ROOT, 0, {})
    assert root.step(look(1), 100 * SETTLE) == []
    assert root.step(look(1), 100 * SETTLE) == [Take(path(1), seen(1))]


@pytest.mark.parametrize("growing", [Seen(1001, 10, 1, 1), Seen(1000, 11, 1, 1)])
def test_a_file_that_is_still_being_written_waits_again(growing: Seen) -> None:
    root = RootChanges(ROOT, SETTLE, {})
    root.step(look(1), 0)
    assert root.step(look(**{"1.mkv": growing}), SETTLE) == []
    assert root.step(look(**{"1.mkv": growing}), 2 * SETTLE - 1) == []
    assert root.step(look(**{"1.mkv": growing}), 2 * SETTLE) == [Take(path(1), growing)]


def test_a_file_that_comes_and_goes_settles_from_the_start() -> None:
    root = root_with(7)
    root.step(look(1, 7), 0)
    root.step(look(7), 1)
    assert root.step(look(1, 7), SETTLE) == []


def test_replaced_content_is_taken_once_it_has_settled() -> None:
    root = root_with(1, 2)
    other = Seen(555, 99, 1, 8)
    files = look(2, **{"1.mkv": other})
    assert root.step(files, SECOND) == []
    assert root.step(files, SECOND + SETTLE) == [Take(path(1), other)]


def test_a_renamed_file_is_known_at_once_by_its_inode() -> None:
    root = root_with(1, 2)
    assert root.step(look(2, renamed=seen(1)), 1) == [Moved(path(1), b"/films/renamed", seen(1))]
    assert root.step(look(2, renamed=seen(1)), 2) == []
    assert root.step(look(2), 3) == [Lost(b"/films/renamed")]


def test_an_inode_that_was_given_again_is_no_move() -> None:
    root = root_with(1, 2)
    assert root.step(look(2, other=Seen(77, 10, 1, 1)), 1) == [Lost(path(1))]


def test_a_move_over_another_film_takes_its_place() -> None:
    root = root_with(1, 2, 3)
    acts = root.step(look(3, **{"2.mkv": seen(1)}), 1)
    assert acts == [Moved(path(1), path(2), seen(1))]


def test_what_is_deleted_is_lost_and_comes_back() -> None:
    root = root_with(1, 2, 3)
    assert root.step(look(2, 3), 1) == [Lost(path(1))]
    assert root.step(look(2, 3), 2) == []
    assert root.step(look(1, 2, 3), 3) == [Back(path(1))]
    assert root.step(look(1, 2, 3), 4) == []


def test_what_comes_back_changed_settles_first() -> None:
    root = root_with(1, 2, 3)
    root.step(look(2, 3), 1)
    changed = {"1.mkv": seen(1, mtime=11)}
    assert root.step(look(2, 3, **changed), 2) == []
    assert root.step(look(2, 3, **changed), 2 + SETTLE) == [Take(path(1), seen(1, mtime=11))]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (GONE, "No such file"),
        (Pass({}, {}), "it is gone"),
        (look(), "empty; 5 films were here"),
        (look(1, 2), "3 of its 5 films vanished at once"),
    ],
)
def test_a_root_that_is_not_itself_is_frozen_and_nothing_in_it_touched(
    after: Pass, why: str
) -> None:
    root = root_with(1, 2, 3, 4, 5)
    before = dict(root.known)
    [froze] = root.step(after, 1)
    assert isinstance(froze, Froze)
    assert why in froze.reason
    assert root.step(after, 2) == []  # one alarm is enough
    assert root.known == before
    # While it is frozen, what is new is not taken either.
    strange = Pass({**after.files, b"/films/new.mkv": seen(9)}, after.folders)
    for at_us in range(3, 3 + 3 * SETTLE, SETTLE):
        assert not any(isinstance(act, Take) for act in root.step(strange, at_us))
    acts = root.step(look(1, 2, 3, 4, 5), 9 * SETTLE)
    assert acts == [Thawed()]
    assert root.known == before


def test_half_of_a_root_may_be_deleted_and_no_more() -> None:
    assert len(root_with(1, 2, 3, 4).step(look(1, 2), 1)) == 2
    [froze] = root_with(1, 2, 3).step(look(1), 1)
    assert isinstance(froze, Froze)


def test_a_share_that_is_not_mounted_below_the_root_freezes_it_too() -> None:
    known = {b"/films/%d.mkv" % n: Known(n * 1000, 10) for n in range(1, 5)}
    far = b"/films/nas/far.mkv"
    root = RootChanges(ROOT, SETTLE, {**known, far: Known(9000, 10)})
    files = {path(n): seen(n) for n in range(1, 5)}
    root.step(Pass({**files, far: seen(9, device=7)}, {ROOT: 1, b"/films/nas": 7}), 0)
    [froze] = root.step(Pass(files, {ROOT: 1, b"/films/nas": 1}), 1)
    assert isinstance(froze, Froze)
    assert "/films/nas is on another device" in froze.reason
    back = Pass({**files, far: seen(9, device=8)}, {ROOT: 1, b"/films/nas": 8})
    assert root.step(back, 2) == [Thawed()]


def test_nothing_is_known_of_what_lies_below_a_folder_that_cannot_be_read() -> None:
    deep = b"/films/shut/deep/1.mkv"
    root = RootChanges(ROOT, SETTLE, {deep: Known(1, 1), path(2): Known(2000, 10)})
    shut = Pass({path(2): seen(2)}, {ROOT: 1}, {b"/films/shut": "Permission denied"})
    assert root.step(shut, 1) == []


def test_a_root_mounted_anew_under_another_device_number_is_itself() -> None:
    root = root_with(1, 2)
    files = {path(n): seen(n, device=9) for n in (1, 2)}
    acts: list[Action] = root.step(Pass(files, {ROOT: 9}), 1)
    assert acts == []


def test_a_file_that_could_not_be_taken_settles_anew() -> None:
    root = RootChanges(ROOT, 0, {})
    root.step(look(1), 0)
    assert root.step(look(1), 1)
    root.again(path(1))
    assert root.step(look(1), 2) == []
    assert root.step(look(1), 3) == [Take(path(1), seen(1))]


def test_a_replaced_file_that_could_not_be_taken_is_still_known_by_what_it_was() -> None:
    root = root_with(1, 2, 3)
    changed = {"1.mkv": seen(1, mtime=11)}
    root.step(look(2, 3, **changed), 1)
    assert root.step(look(2, 3, **changed), 1 + SETTLE)
    root.again(path(1))
    assert root.step(look(2, 3), 2 + SETTLE) == [Lost(path(1))]
