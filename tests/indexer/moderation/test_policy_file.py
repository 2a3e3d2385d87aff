"""Every mistake in a policy is told with its line and column."""

import hashlib
from pathlib import Path

import pytest
from filling import MODEL, TAGS
from filmdex.db.errors import PolicyError
from filmdex.indexer import bundle
from filmdex.indexer.moderation import shelf
from filmdex.indexer.moderation.advice import ADVICE
from filmdex.indexer.moderation.expansion import expand
from filmdex.indexer.moderation.policy import Action, Severity, Shaping, Snap
from filmdex.indexer.moderation.policy_file import UnreadablePolicy, read_policy
from filmdex.indexer.moderation.policy_places import Place, place_of

WHOLE = """\
name = "all of it"
on_untrained = "ignore"

[[rule]]
tag = "War"
threshold = 0.6
leave_at = 0.4
min_duration = 1.5
gap = 2
pad_before = 0.25
pad_after = 1.0
snap = "shot"
severity = "high"
action = "mute"
exempt = ["title:Mash"]
"""


def mistakes(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(UnreadablePolicy) as caught:
        read_policy(text, "p.toml", TAGS)
    return [(m.place.line, m.place.column, m.message) for m in caught.value.mistakes]


def test_a_whole_policy_is_read() -> None:
    read = read_policy(WHOLE, "p.toml", TAGS)
    [rule] = read.rules
    assert rule.shaping == Shaping(0.4, 2_000_000, 1_500_000, 250_000, 1_000_000, Snap.SHOT)
    assert (rule.threshold, rule.severity, rule.action) == (0.6, Severity.HIGH, Action.MUTE)
    assert read.digest == hashlib.sha256(WHOLE.encode()).hexdigest()


@pytest.mark.parametrize(
    ("line", "wrong", "column", "says"),
    [
        (6, "threshold = 1.5", 13, "threshold 1.5: over 0 and at most 1"),
        (6, "threshold = 0", 13, "threshold 0: over 0"),
        (6, "threshold = nan", 13, "threshold nan"),
        (6, 'threshold = "own"', 13, "threshold 'own'"),
        (6, 'threshold = "recall 1.5"', 13, "threshold 'recall 1.5'"),
        (6, 'threshold = "recall 0.0"', 13, "threshold 'recall 0.0'"),
        (7, "leave_at = 0.7", 12, "leave_at 0.7 is over the threshold 0.6"),
        (5, 'tag = "Wars"', 7, "there is no tag 'Wars'; did you mean 'War'?"),
        (5, 'group = "wars"', 9, "there is no group 'wars'"),
        (5, 'advice = "viol"', 10, "there is no advice issue 'viol'; did you mean 'violence'?"),
        (8, "min_duration = -1", 16, "min_duration: input should be greater"),
        (9, 'gap = "2"', 7, "gap: input should be a valid number"),
        (9, "gap = 90000000", 7, "gap: input should be less than"),
        (12, 'snap = "frame"', 8, "snap: input should be 'none', 'shot' or 'film'"),
        (13, 'severety = "high"', 12, "there is no key 'severety'; did you mean 'severity'?"),
        (14, 'action = "cut"', 10, "action: input should be"),
        (15, 'exempt = ["title:Mash", "id:4"]', 25, "'id:4': an exemption is"),
        (2, "on_untrained = true", 16, "on_untrained: input should be"),
    ],
)
def test_a_mistake_is_told_where_it_stands(line: int, wrong: str, column: int, says: str) -> None:
    lines = WHOLE.split("\n")
    lines[line - 1] = wrong
    [(found_line, found_column, message)] = mistakes("\n".join(lines))
    assert (found_line, found_column) == (line, column)
    assert says in message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = 'nmae = "x"\n[[rule]]\ntag = "War"\naction = "no"\n[[rule]]\ngap = -1\naction = "skip"'
    assert [(line, column) for line, column, _ in mistakes(text)] == [
        (1, 1),
        (1, 8),
        (4, 10),
        (6, 7),
    ]


def test_a_rule_names_one_thing() -> None:
    assert mistakes('name = "x"\n  [[rule]]\n  action = "skip"') == [
        (2, 1, "a rule names one of tag, group and advice")
    ]
    [(line, _, _)] = mistakes('name = "x"\n[[rule]]\ntag = "War"\ngroup = "style"\naction = "skip"')
    assert line == 2


def test_what_is_no_toml_is_told_where() -> None:
    [(line, column, message)] = mistakes('name = "x"\n[[rule]\n')
    assert (line, column) == (2, 8)
    assert message.startswith("Unexpected character")
    assert mistakes("rule = []\nname = 'x'") == [(1, 8, "a policy has at least one [[rule]]")]


def test_the_message_shows_the_line_with_a_caret() -> None:
    with pytest.raises(PolicyError) as caught:
        read_policy('name = "x"\n[[rule]]\ntag = "Wars"\naction = "skip"', "p.toml", TAGS)
    assert str(caught.value).split("\n")[1:] == ['  tag = "Wars"', "        ^"]
    assert str(caught.value).startswith("p.toml:3:7: ")


@pytest.mark.parametrize(
    "text",
    [
        'a = 1 # [[rule]]\nb = """\n[[rule]]\n"""\n[[rule]]\nx = [1, 2]\ny = "é€"\n'
        "[[rule]]\nx = [4, 5]\n",
        "a = 1\r\nb = ''\r\n\r\n[[rule]]\r\n\tx = [1]\r\n[[rule]] # two\r\nx = [7, 5]\r\n",
    ],
)
def test_places_are_found_past_comments_and_long_strings(text: str) -> None:
    at = text.rfind("5")
    place = place_of(text, ("rule", 1, "x", 1))
    assert place == Place(text[:at].count("\n") + 1, at - text.rfind("\n", 0, at))
    heading = text.rfind("[[rule]]")
    assert place_of(text, ("rule", 1)).line == text[:heading].count("\n") + 1


def test_a_leaving_probability_over_the_tags_own_threshold_does_not_fit() -> None:
    text = 'name = "x"\n[[rule]]\ntag = "War"\nleave_at = 0.4\naction = "skip"'
    with pytest.raises(PolicyError, match=r"rule 1: leave_at 0.4 is over the threshold 0.03125"):
        expand(read_policy(text, "p.toml", TAGS), MODEL)


def recalled(tag: str, recall: str) -> float:
    text = f'name = "x"\n[[rule]]\ntag = "{tag}"\nthreshold = "recall {recall}"\naction = "skip"'
    (rule,) = expand(read_policy(text, "p.toml", TAGS), MODEL).rules
    return rule.threshold


def test_a_recall_takes_the_threshold_that_found_at_least_as_much() -> None:
    assert [recalled("Animation", recall) for recall in ("0.3", "0.5", "0.51", "0.90")] == [
        0.625,
        0.625,
        0.25,
        0.25,
    ]


def test_a_recall_that_was_not_measured_is_refused_with_what_was() -> None:
    with pytest.raises(PolicyError, match=r"0.95 of Animation; at most 0.9 was measured"):
        recalled("Animation", "0.95")
    with pytest.raises(PolicyError, match=r"rule 1: plain 1 .* 0.5 of War; give the rule a thresh"):
        recalled("War", "0.5")


def test_every_policy_that_ships_fits_the_model_that_ships() -> None:
    model = bundle.load(bundle.locate("default")).facts
    found = shelf.shelved(Path("/nonexistent"))
    assert len(found) >= 4
    for one in found:
        read = shelf.load(one.path, model.tags)
        assert read.name.startswith("example: ")
        assert expand(read, model).unanswerable == ()


def test_advice_is_that_of_the_vocabulary() -> None:
    import json

    path = Path(__file__).parents[3] / "export" / "vocabulary.json"
    vocabulary = json.loads(path.read_text(encoding="utf-8"))
    assert {key: list(tags) for key, tags in ADVICE.items()} == vocabulary["advice"]


def test_an_own_policy_goes_before_one_that_ships(tmp_path: Path) -> None:
    made = shelf.make_new("ours", "example-school", tmp_path / "policies")
    assert made.read_text(encoding="utf-8") == shelf.text_of(shelf.SHIPPED / "example-school.toml")
    shelf.make_new("example-school", "ours", tmp_path / "policies")
    assert shelf.locate("example-school", tmp_path / "policies").parent == tmp_path / "policies"
    with pytest.raises(PolicyError, match="is there already"):
        shelf.make_new("ours", "example-school", tmp_path / "policies")
    with pytest.raises(PolicyError, match="cannot be a policy's name"):
        shelf.make_new("../x", "example-school", tmp_path / "policies")
    with pytest.raises(PolicyError, match="near: ours"):
        shelf.locate("our", tmp_path / "policies")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(PolicyError, match=r"not UTF-8 \(byte 8\)"):
        shelf.text_of(tmp_path / "p.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(PolicyError, match="over 1000000 bytes"):
        shelf.text_of(tmp_path / "large.toml")
