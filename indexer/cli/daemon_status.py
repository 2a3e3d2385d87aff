"""A daemon's report as rows of `filmdex status`."""

from ...db.records import US_PER_SECOND
from ..watch.report import FilmReport, Report, RootReport
from .output import PlainTable, counted, plain

PROBLEMS_SHOWN = 3
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


def add_to(table: PlainTable, report: Report, now_us: int) -> None:
    """Add one daemon: what it does, its roots, what is left, and what went wrong last."""
    table.row(
        "Daemon",
        f"{report.state}, process {report.pid} for {_ago(report.started_us, now_us)}, "
        f"on {report.provider}, {report.times_real_time:.1f} times real time",
    )
    for root in report.roots:
        table.row("  root", _root(root, now_us), style="red" if root.frozen else "")
    for film in report.under_way:
        table.row("  at", _film(film))
    for left in report.left:
        if left.films:
            table.row("  to do", f"{counted(left.films, 'film')} ({left.precision})")
    if report.left_s:
        table.row("  time left", f"about {_span(report.left_s)} at this rate")
    for problem in report.problems[-PROBLEMS_SHOWN:]:
        about = f"{problem.about}: " if problem.about else ""
        words = f"{about}{problem.reason} ({_ago(problem.at_us, now_us)} ago)"
        table.row("  last error", plain(words, "yellow"))


def _root(root: RootReport, now_us: int) -> str:
    if root.frozen:
        return f"{root.path}: FROZEN: {root.frozen}; `filmdex accept` if that is meant"
    passed = "not looked through yet"
    if root.looked_at_us is not None:
        passed = f"last full pass {_ago(root.looked_at_us, now_us)} ago"
    unread = f", {counted(root.unread, 'folder')} cannot be read" if root.unread else ""
    lost = f"{root.lost_watches} lost"
    return f"{root.path}: {root.how}, {counted(root.films, 'film')}, {passed}, {lost}{unread}"


def _film(film: FilmReport) -> str:
    share = f"{100 * film.position_us // film.duration_us} %, " if film.duration_us else ""
    return f"{film.path}: {share}{counted(film.shots, 'shot')}"


def _ago(then_us: int, now_us: int) -> str:
    return _span(max(0, now_us - then_us) / US_PER_SECOND)


def _span(seconds: float) -> str:
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} s"
