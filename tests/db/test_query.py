"""The language: what is read, how it is spelled, what is refused, what is true."""

from collections.abc import Mapping

import pytest
from filmdex.db.errors import PolicyError, QueryError
from filmdex.db.folding import fold
from filmdex.db.query import Query, wanted_tags
from filmdex.db.query_nodes import (
    And,
    Duration,
    FilmFraction,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Found,
    Node,
    Not,
    Or,
    Path,
    Present,
    Probability,
    Resolution,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    Then,
    Title,
    Verdict,
)
from filmdex.db.query_parser import parse
from filmdex.db.query_reasons import Reason, held_tags, reasons
from filmdex.db.query_syntax import MAX_TOKENS
from filmdex.db.query_terms import Comparison, Measure, Moment, Quantity, Word
from filmdex.db.query_truth import FilmView, ShotFacts, ShotTag, ShotView, truth
from filmdex.db.records import FilmTag, Span, TagFacts
from filmdex.db.times import MAX_TIME_US
from filmdex.db.vocabulary import Vocabulary
from hypothesis import given
from hypothesis import strategies as st
from query_strategies import trees

NAMES = {
    "Animation": "animation",
    "Beach/Sea": "beach-sea",
    "Car chase": "car-chase",
    "College/Univ.": "college-univ",
    "Valleys/Hills": "valleys-hills",
    "Violence": "violence",
    "War": "war",
}
ACTION = ("Violence", "War")
TAGS = [
    TagFacts(name, slug, "Violence & action" if name in ACTION else "any", "measured", 0.5)
    for name, slug in NAMES.items()
]
VOCABULARY = Vocabulary.of(
    [*TAGS, TagFacts("Prison", "prison", "any", "untrained", None)],
    "the model default 1",
    searches=("weekly",),
)
SCHOOL = {"allowed": {1}, "allowed with cuts": {2}, "blocked": {3}, "needs review": set()}


def verdicts(policy: str) -> Mapping[str, frozenset[int]]:
    if policy == "nosuch":
        raise PolicyError("no policy 'nosuch'")
    return {outcome: frozenset(films) for outcome, films in SCHOOL.items()}


VIOLENCE, WAR, ANIMATION = Present("Violence"), Present("War"), Present("Animation")


def at_least(tag: str, number: float) -> Node:
    return Probability(tag, Comparison.AT_LEAST, number)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("violence>=0.6 -animation", And((at_least("Violence", 0.6), Not(ANIMATION)))),
        ("violence and not war", And((VIOLENCE, Not(WAR)))),
        ("violence AND NOT war", And((VIOLENCE, Not(WAR)))),
        ("violence war or animation", Or((And((VIOLENCE, WAR)), ANIMATION))),
        ("violence (war or animation)", And((VIOLENCE, Or((WAR, ANIMATION))))),
        ("violence and(war)", And((VIOLENCE, WAR))),
        ("-(violence war)", Not(And((VIOLENCE, WAR)))),
        ("--violence", Not(Not(VIOLENCE))),
        ("-violence>=0.6", Not(at_least("Violence", 0.6))),
        ("((violence))", VIOLENCE),
        ("violence >= 60%", at_least("Violence", 0.6)),
        ("violence>.5", Probability("Violence", Comparison.OVER, 0.5)),
        ("violence<=1", Probability("Violence", Comparison.AT_MOST, 1)),
        ("violence<0.25", Probability("Violence", Comparison.UNDER, 0.25)),
        ("violence=0", Probability("Violence", Comparison.EQUAL, 0)),
        ("peak(violence)>0.9", FilmFraction(Measure.PEAK, "Violence", Comparison.OVER, 0.9)),
        ("Coverage(war)>20%", FilmFraction(Measure.COVERAGE, "War", Comparison.OVER, 0.2)),
        ("relevance(war)=1", FilmFraction(Measure.RELEVANCE, "War", Comparison.EQUAL, 1)),
        ('seconds("Car chase")>27', FilmSeconds("Car chase", Comparison.OVER, 27_000_000)),
        ("seconds(car-chase)>27s", FilmSeconds("Car chase", Comparison.OVER, 27_000_000)),
        ("seconds(war)>1m30s", FilmSeconds("War", Comparison.OVER, 90_000_000)),
        ("seconds(war)>1:30", FilmSeconds("War", Comparison.OVER, 90_000_000)),
        ("seconds(war)>0.5", FilmSeconds("War", Comparison.OVER, 500_000)),
        ('group:"violence & action"', Or((VIOLENCE, WAR))),
        ('-group:"VIOLENCE action"', Not(Or((VIOLENCE, WAR)))),
        ("height>=720", FilmNumber(Quantity.HEIGHT, Comparison.AT_LEAST, 720.0)),
        ("FPS<23.976", FilmNumber(Quantity.FPS, Comparison.UNDER, 23.976)),
        ("codec:H264", FilmWord(Word.CODEC, "H264")),
        ("indexed>=2026-11-01", FilmMoment(Moment.INDEXED, Comparison.AT_LEAST, 20_758)),
        ("violence then war", Then(VIOLENCE, WAR, None)),
        ("violence THEN war WITHIN 30s", Then(VIOLENCE, WAR, 30_000_000)),
        ("violence then war within 1:30", Then(VIOLENCE, WAR, 90_000_000)),
        ("violence war then animation", And((VIOLENCE, Then(WAR, ANIMATION, None)))),
        ("violence then war within 9 animation", And((Then(VIOLENCE, WAR, 9_000_000), ANIMATION))),
        (
            "violence then war then animation within 5s",
            Then(Then(VIOLENCE, WAR, None), ANIMATION, 5_000_000),
        ),
        ("(violence war) then -animation", Then(And((VIOLENCE, WAR)), Not(ANIMATION), None)),
        ("violence then(war or animation)", Then(VIOLENCE, Or((WAR, ANIMATION)), None)),
        ("violence or war then animation", Or((VIOLENCE, Then(WAR, ANIMATION, None)))),
        ("-(violence then war)", Not(Then(VIOLENCE, WAR, None))),
        ("year>=1968", FilmNumber(Quantity.YEAR, Comparison.AT_LEAST, 1968)),
        ("year:1968", FilmNumber(Quantity.YEAR, Comparison.EQUAL, 1968)),
        (
            "year:1960-1969",
            And(
                (
                    FilmNumber(Quantity.YEAR, Comparison.AT_LEAST, 1960),
                    FilmNumber(Quantity.YEAR, Comparison.AT_MOST, 1969),
                )
            ),
        ),
        ("resolution>=1080p", Resolution(Comparison.AT_LEAST, 1080)),
        ("resolution<720", Resolution(Comparison.UNDER, 720)),
        ("resolution:4K", Resolution(Comparison.EQUAL, 2160)),
        (
            "resolution:1920x1080",
            And(
                (
                    FilmNumber(Quantity.WIDTH, Comparison.EQUAL, 1920),
                    FilmNumber(Quantity.HEIGHT, Comparison.EQUAL, 1080),
                )
            ),
        ),
        ("reviewed", Reviewed()),
        ("reviewed:yes", Reviewed()),
        ("reviewed:no", Not(Reviewed())),
        ("reviewed(violence):yes", ReviewedTag("Violence")),
        ("reviewed(prison):No", Not(ReviewedTag("Prison"))),
        ('reviewer:"Ada L."', ReviewedBy("Ada L.")),
        ("found:weekly", Found("weekly")),
        ("verdict(school):blocked", Verdict("school", "blocked", frozenset({3}))),
        ("verdict(school):cuts", Verdict("school", "allowed with cuts", frozenset({2}))),
        ("verdict(school):allowed", Verdict("school", "allowed", frozenset({1}))),
        ('verdict("my own"):"needs review"', Verdict("my own", "needs review", frozenset())),
        ("duration>90m", Duration(Comparison.OVER, 5_400_000_000)),
        ("duration>1:30:00", Duration(Comparison.OVER, 5_400_000_000)),
        ("DURATION<1.5h", Duration(Comparison.UNDER, 5_400_000_000)),
        ("title:bunny", Title("bunny")),
        ('title:"big buck"', Title("big buck")),
        ("title:2001:", Title("2001:")),
        (r'title:"the \"best\""', Title('the "best"')),
        ('path:"/films/*.mkv"', Path("/films/*.mkv")),
        ("path:/films/*.mkv war", And((Path("/films/*.mkv"), WAR))),
        (r'path:"/a\xff\\*"', Path(r"/a\xff\*")),
        ("beach/sea", Present("Beach/Sea")),
        ("beach-sea", Present("Beach/Sea")),
        ('"BEACH sea"', Present("Beach/Sea")),
        ('"car CHASE"', Present("Car chase")),
        ("valleys/hills", Present("Valleys/Hills")),
        ("college/univ.", Present("College/Univ.")),
        ("viólence", VIOLENCE),
    ],
)
def test_reads(text: str, tree: Node) -> None:
    assert parse(text, VOCABULARY, verdicts) == Query(tree)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 0, "the query is empty"),
        ("   ", 0, "the query is empty"),
        ("violense", 0, "unknown tag 'violense'; did you mean Violence?"),
        ("war car chase", 4, "unknown tag 'car'; did you mean \"Car chase\""),
        ("war zzzz", 4, "unknown tag 'zzzz'"),
        ("war prisn", 4, "unknown tag 'prisn'; `filmdex model info` lists them"),
        ("war duratoin>90m", 4, "did you mean duration?"),
        ("war -prison", 5, "Prison is untrained in the model default 1: nothing would be found"),
        ("secnds(war)>3", 0, "unknown function 'secnds'; did you mean seconds?"),
        ("war foo(war)>3", 4, "there are seconds, coverage, peak, relevance"),
        ("war titel:bunny", 4, "unknown field 'titel'; did you mean title?"),
        ("seconds war", 0, "seconds(violence)"),
        ("then war", 0, "before 'then'"),
        ("war then", 4, "after 'then'"),
        ("war then or violence", 4, "after 'then'"),
        ("war then violence within", 18, "a time is missing: within 30s"),
        ("war then violence within soon", 25, "'soon' is no time"),
        ("war within 30s", 4, "`within` ends what has two shots"),
        ("within 30s", 0, "`within` ends what has two shots"),
        ("war then (violence animation", 9, "not closed"),
        ("year", 0, "year>=1968"),
        ("year:68", 5, "'68' is no year"),
        ("year:1970-1960", 5, "the first year goes first"),
        ("resolution:900p", 11, "'900p' is no size"),
        ("resolution>=big", 12, "1080p"),
        ("reviewed:maybe", 9, "yes or no"),
        ("reviewed(opera):yes", 9, "unknown tag 'opera'"),
        ("reviewed(war)>2", 0, "reviewed(violence):yes"),
        ('reviewer:" "', 9, "no reviewer"),
        ("found:weakly", 6, "did you mean weekly?"),
        ("verdict(nosuch):blocked", 8, "no policy 'nosuch'"),
        ("verdict(school):bloked", 16, "did you mean blocked or allowed?"),
        ("verdict(school):xyz", 16, "there are allowed, allowed with cuts"),
        ("verdict(school)", 0, "verdict(example-school):blocked"),
        ("verdict(school)>3", 0, "verdict(example-school):blocked"),
        ("seconds(war):3", 0, "seconds(violence)>27s"),
        ("title war", 0, "title:bunny"),
        ("or violence", 0, "before 'or'"),
        ("violence or", 9, "after 'or'"),
        ("violence and or war", 9, "after 'and'"),
        ("(violence or)", 10, "after 'or'"),
        ("war -", 4, "after '-'"),
        ("war not", 4, "after 'not'"),
        ("violence>=", 8, "a number is missing after >="),
        ("violence>= (war)", 8, "a number is missing after >="),
        ("violence==0.5", 8, "a number is missing after ="),
        ("duration", 0, "duration>90m"),
        ("height war", 0, "height>=720"),
        ("height:720", 0, "height>=720"),
        ("height>=tall", 8, "'tall' is no number"),
        ("height>=-1", 8, "'-1' is no number"),
        ("indexed", 0, "indexed>=2026-11-01"),
        ("indexed>=yesterday", 9, "no day such as 2026-11-01"),
        ("indexed>=1969-12-31", 9, "not within 1970"),
        ("codec>=h264", 0, "codec wants a colon"),
        ('codec:" "', 6, "no word"),
        ("group:violent", 6, "unknown group 'violent'"),
        ("widht>=720", 0, "did you mean width"),
        ("duration:90m", 0, "duration>90m"),
        ("seconds(war)", 0, "for example: seconds(violence)>27s"),
        ("coverage(war) violence", 0, "for example: coverage(violence)>20%"),
        ("seconds(-war)>3", 8, "a name belongs here"),
        ("seconds()>3", 8, "a name belongs here"),
        ("(violence", 0, "not closed"),
        ("war ((violence) war", 4, "not closed"),
        ("((violence", 1, "not closed"),
        ("violence)", 8, "never opened"),
        (") war", 0, "never opened"),
        ("war ()", 4, "nothing stands"),
        (">=0.6", 0, "a tag is missing"),
        ('war "car', 4, "quotation mark"),
        ('title:"big', 6, "quotation mark"),
        ("title:", 5, "is missing"),
        ('title:""', 6, "no words"),
        ('path:""', 5, "no path"),
        ("war; violence", 3, "';'"),
        ("war\0", 3, "zero bytes"),
        ("violence>=1.5", 10, "1.5 is not between 0 and 1"),
        ("violence>=60", 10, "write 60%"),
        ("violence>=101%", 10, "101% is not between 0 and 100%"),
        ("violence>=-1", 10, "'-1' is no number"),
        ("violence>=lots", 10, "'lots' is no number"),
        ("violence>=1e-1", 10, "'1e-1' is no number"),
        ("seconds(war)>long", 13, "'long' is no time"),
        ("seconds(war)>1:75", 13, "up to 59"),
        ("duration>1:75:00", 9, "up to 59"),
        ("duration>0.0000001s", 9, "finer than a microsecond"),
        ("duration>99999999999999h", 9, "longer than any film"),
    ],
)
def test_refuses_with_the_column_and_what_may_be_meant(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text, VOCABULARY, verdicts)
    assert says in refused.value.message
    assert refused.value.column == column
    assert refused.value.text == text


@pytest.mark.parametrize(
    "text",
    ["-" * 5000 + "war", "(" * 5000 + "war" + ")" * 5000, "war " * 400, "title:" + "x" * 2000],
)
def test_refuses_what_is_too_long_to_be_read(text: str) -> None:
    with pytest.raises(QueryError, match=r"at most"):
        parse(text, VOCABULARY)


@pytest.mark.parametrize(
    "text",
    ["-" * (MAX_TOKENS - 1) + "war", "(war or (war " * 42 + "war" + ")" * 84, "war " * MAX_TOKENS],
)
def test_reads_and_spells_the_deepest_queries_there_may_be(text: str) -> None:
    query = parse(text, VOCABULARY)
    assert parse(str(query), VOCABULARY) == query
    assert truth(query.root, film(War=0.9)) is ("-" not in text)


def test_nodes_cannot_be_wrong() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        at_least("War", 1.5)
    with pytest.raises(ValueError, match="length of time"):
        Duration(Comparison.OVER, -1)
    with pytest.raises(ValueError, match="two parts"):
        And((WAR,))


def test_a_column_is_no_part_of_what_a_query_says() -> None:
    assert parse("  war", VOCABULARY) == parse("war", VOCABULARY)
    assert parse("  war", VOCABULARY).root.column == 2


# Round trip: whatever a tag is called and whatever is looked for.

printable = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
AWKWARD = (
    r"""and Or NOT Duration title path seconds -x a"b a\ \" not-x a:b a(b 0.6 60% . x. é ß and."""
)
awkward = st.sampled_from([*AWKWARD.split(), " ", "\n", "a\n", "a b", *NAMES])
words = printable | awkward


@given(
    trees(
        words,
        st.floats(0, 1),
        st.integers(0, MAX_TIME_US),
        words.filter(fold).map(Title),
        words.map(Path),
        films=st.just(frozenset({1})),
    )
)
def test_the_canonical_spelling_reads_as_the_same_tree(tree: Node) -> None:
    names = {tag for node in _nodes(tree) if (tag := getattr(node, "tag", None))}
    # Sorted the other way round, so that an exact name must win over an equally folded one.
    vocabulary = Vocabulary.of(
        (
            TagFacts(name, fold(name), "any", "measured", 0.5)
            for name in sorted(names, reverse=True)
        ),
        searches=("weekly", "new films", "or"),
    )
    query = Query(tree)
    again = parse(str(query), vocabulary, verdicts)
    assert again == query
    assert str(again) == str(query)


def _nodes(node: Node) -> list[Node]:
    match node:
        case Then(first, second):
            return [node, *_nodes(first), *_nodes(second)]
        case Not(part):
            return [node, *_nodes(part)]
        case And(parts) | Or(parts):
            return [node, *(inner for part in parts for inner in _nodes(part))]
        case _:
            return [node]


PIECES = """war prison nosuch or and not then within 30s year: reviewed( verdict( yes found:
 - ( ) >= = 0.6 60% : seconds( peak(war) title: path:
duration 27s " "beach/sea" \\ ;"""
pieces = st.sampled_from([*PIECES.split(), " "])


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=12))
def test_any_text_is_either_read_or_refused_with_a_column_in_it(text: str) -> None:
    try:
        query = parse(text, VOCABULARY)
    except QueryError as error:
        refused = error
    else:
        assert parse(str(query), VOCABULARY) == query
        return
    assert 0 <= refused.column <= len(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("NOT violence AND beach-sea", "-Violence Beach/Sea"),
        ("-(not(car-chase)) or war>=60%", '--"Car chase" or War>=0.6'),
        ("(war or violence) war", "(War or Violence) War"),
        ("duration>90m", "duration>1h30m"),
        ("duration>0", "duration>0s"),
        ("seconds(war)>90.25", "seconds(War)>1m30.25s"),
        ("war>0.00000000001", "War>0.00000000001"),
        ('title:"bunny" path:"/a b"', 'title:bunny path:"/a b"'),
    ],
)
def test_spells_canonically(text: str, canonical: str) -> None:
    assert str(parse(text, VOCABULARY)) == canonical


# Truth.


def film_tag(name: str, peak: float) -> FilmTag:
    return FilmTag(name, relevance=0.5, weight=1, seconds=30, coverage=0.25, peak=peak,
                   present=peak >= 0.5)  # fmt: skip


def film(title: str = "Big Buck Bunny", paths: tuple[str, ...] = (), **peaks: float) -> FilmView:
    tags = {name: film_tag(name, peak) for name, peak in peaks.items()}
    return FilmView(1, title, paths, 60_000_000, tags)


def shot(**probabilities: float) -> ShotView:
    tags = {name: ShotTag(p, p >= 0.5) for name, p in probabilities.items()}
    return ShotView(film(War=0.9), ShotFacts(Span(0, 1), tags))


NOT_LOOKED_AT = ShotView(film(War=0.9), ShotFacts(Span(0, 1), None))
BLANK = shot(War=0, Violence=0, Animation=0)


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        ("war", film(War=0.5), True),
        ("war", film(War=0.49), False),
        ("-war", film(War=0.49), True),
        ("war>=0.6", film(War=0.6), True),
        ("war>0.6", film(War=0.6), False),
        ("war<=0.6", film(War=0.6), True),
        ("war<0.6", film(War=0.6), False),
        ("war=0.6", film(War=0.6), True),
        ("seconds(war)>29s", film(War=0.5), True),
        ("seconds(war)>30s", film(War=0.5), False),
        ("coverage(war)>=25%", film(War=0.5), True),
        ("relevance(war)>0.5", film(War=0.5), False),
        ("peak(war)>0.8", shot(War=0.1), True),
        ("war>0.8", shot(War=0.1), False),
        ("duration>=60", film(), True),
        ("duration>60", film(), False),
        # A tag that the film's model cannot report is unknown, and stays so.
        ("war", film(), None),
        ("-war", film(), None),
        ("war<1", film(), None),
        ("seconds(war)<1", film(), None),
        ("war or title:bunny", film(), True),
        ("war title:bunny", film(), None),
        ("war title:lion", film(), False),
        ("-(war title:lion)", film(), True),
        # So is every tag of a shot that was not looked at; a blank one is clear.
        ("war", NOT_LOOKED_AT, None),
        ("-war", NOT_LOOKED_AT, None),
        ("war<0.5", NOT_LOOKED_AT, None),
        ("title:bunny", NOT_LOOKED_AT, True),
        ("seconds(war)>3", NOT_LOOKED_AT, True),
        ("war", BLANK, False),
        ("-war", BLANK, True),
        ("war<0.5", BLANK, True),
        # Titles go by words, folded; paths by characters, as they are.
        ("title:bunny", film("Big_Buck.Bünny 2008"), True),
        ('title:"buck bunny"', film("big buck bunny"), True),
        ('title:"bunny buck"', film("big buck bunny"), False),
        ("title:war", film("Warsaw Edward"), False),
        ("title:strasse", film("Die Straße"), True),
        ("path:/films/*.mkv", film(paths=("/other", "/films/a/b.mkv")), True),
        ("path:/films/*.mkv", film(paths=("/films/b.MKV",)), False),
        ("path:*[1080p]*", film(paths=("/films/b [1080p].mkv",)), True),
        ("path:*[1080p]*", film(paths=("/films/8.mkv",)), False),
        ("path:/films/?.mkv", film(paths=("/films/ab.mkv",)), False),
        ("path:/films", film(paths=("/films/ab.mkv",)), False),
    ],
)
def test_truth(text: str, subject: FilmView | ShotView, expected: bool | None) -> None:
    query = parse(text, VOCABULARY)
    assert truth(query.root, subject) is expected
    assert query.matches(subject) is (expected is True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("violence -animation", ("Violence",)),
        ("war or violence war", ("War", "Violence")),
        ("-(animation or -war)", ("War",)),
        ("violence<0.3 seconds(war)<3", ()),
        ("not violence<0.3", ("Violence",)),
        ("coverage(war)>3% title:war", ("War",)),
    ],
)
def test_wants_the_tags_that_more_of_is_better(text: str, names: tuple[str, ...]) -> None:
    assert wanted_tags(parse(text, VOCABULARY), shots=False) == names


def test_gives_the_wanted_tags_that_hold_as_reasons() -> None:
    query = parse("war or violence or not animation<0.5", VOCABULARY)
    found = film(War=0.9, Violence=0.1, Animation=0.7)
    assert held_tags(query, found) == ("War", "Animation")
    assert reasons(query, found, {}) == (
        Reason("War", "peak 0.90, 30.0 s"),
        Reason("-Animation<0.5", "peak 0.70, 30.0 s"),
    )
