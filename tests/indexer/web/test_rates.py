"""A bucket that fills evenly and is emptied by asking."""

import pytest
from filmdex.indexer.web.rates import MOST_KNOWN, Rates


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    rates = Rates(rate=2.0, burst=3)
    assert [rates.take("a", 10.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rates.take("a", 10.0) == pytest.approx(0.5)
    assert rates.take("a", 10.25) == pytest.approx(0.25)
    assert rates.take("a", 10.5) == 0.0
    assert rates.take("a", 10.5) == pytest.approx(0.5)
    assert rates.take("b", 10.5) == 0.0


def test_looking_takes_nothing() -> None:
    rates = Rates(rate=1.0, burst=1)
    assert [rates.wait_s("a", 0.0) for _ in range(5)] == [0.0] * 5
    rates.take("a", 0.0)
    assert rates.wait_s("a", 0.25) == pytest.approx(0.75)


def test_it_does_not_grow_without_end() -> None:
    rates = Rates(rate=1.0, burst=1)
    for number in range(3 * MOST_KNOWN):
        rates.take(str(number), float(number))
    assert len(rates._left) <= MOST_KNOWN


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 5), (1.0, 0)])
def test_a_bucket_that_lets_nobody_ask_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="nobody could ever ask"):
        Rates(rate, burst)
