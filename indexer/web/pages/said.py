"""Reviews as lines of a page."""

from typing import Any

from ....db.records import Review


def review_line(review: Review) -> dict[str, Any]:
    """Describe what somebody said, where the tag was then said to be."""
    said = review.opinion
    moved = said.ruled != said.asked
    return {
        "film_id": said.film_id,
        "made_us": review.made_us,
        "start_us": said.ruled.start_us,
        "end_us": said.ruled.end_us,
        "was": {"start_us": said.asked.start_us, "end_us": said.asked.end_us} if moved else None,
        "tag": said.tag,
        "decision": said.decision.value,
        "reviewer": said.reviewer,
        "note": said.note,
    }
