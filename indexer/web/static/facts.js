// What the timeline draws, from what the API tells. Only arithmetic.

/** `tags` are the strips in their order; `sensitive` names the tags whose shots are blurred. */
export function timelineFacts(answer, tags, sensitive) {
  const veiling = answer.tags.filter((tag) => sensitive.includes(tag.tag));
  const there = (n) => veiling.filter((tag) => (tag.probabilities[n] ?? 0) >= tag.threshold);
  return {
    duration_us: answer.duration_us,
    shots: {
      starts_us: answer.starts_us,
      ends_us: answer.ends_us,
      looks_us: answer.starts_us.map((start, n) => Math.floor((start + answer.ends_us[n]) / 2)),
      sensitive: answer.starts_us.map((_, n) => there(n).map((tag) => tag.tag)),
    },
    tags,
    spans: [],
    reviews: [],
    draft: null,
  };
}
