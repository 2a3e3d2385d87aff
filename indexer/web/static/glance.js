// The small card at the pointer: the shot under it, with the frame that was looked at.

import { frameAddress } from "./api.js";
import { make, need, settled } from "./dom.js";
import { shotAt } from "./heat.js";
import { clock, probability } from "./times.js";

const FRAME_WIDTH = 320;
const WAIT_MS = 70;
const MOST_TAGS = 4;

/** Return a function that shows the shot at a time, or hides the card for null. */
export function glance(card, film_id, facts) {
  const frame = need(".frame", card);
  const image = need("img", card);
  const words = need(".words", card);
  let shown = -1;
  const load = settled((n) => {
    image.classList.remove("missing");
    image.src = frameAddress(film_id, facts.shots.looks_us[n], FRAME_WIDTH, true);
    image.hidden = false;
  }, WAIT_MS);

  return (us, event) => {
    card.hidden = us === null;
    if (us === null) return;
    place(card, event);
    const n = shotAt(facts.shots.starts_us, us);
    if (n === shown) return;
    shown = n;
    image.hidden = true;
    frame.classList.toggle("veiled", facts.shots.sensitive[n].length > 0);
    words.replaceChildren(...told(facts, n));
    load(n);
  };
}

function told(facts, n) {
  const [start, end] = [facts.shots.starts_us[n], facts.shots.ends_us[n]];
  const seen = facts.tags
    .filter((tag) => tag.probabilities[n] !== null)
    .map((tag) => ({ name: tag.tag, value: tag.probabilities[n], there: tag.probabilities[n] >= tag.threshold }))
    .sort((one, other) => other.there - one.there || other.value - one.value)
    .slice(0, MOST_TAGS);
  const lines = [make("p", {}, `Shot ${n + 1}, ${clock(start, 1)} to ${clock(end, 1)}`)];
  if (!seen.length) lines.push(make("p", { class: "soft" }, "Not looked at"));
  for (const tag of seen) {
    const line = make("p", { class: tag.there ? "small" : "small soft" });
    line.textContent = `${tag.name} ${probability(tag.value)}${tag.there ? "" : " (under its threshold)"}`;
    lines.push(line);
  }
  return lines;
}

function place(card, event) {
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(Math.max(8, event.clientX - width / 2), innerWidth - width - 8);
  const above = event.clientY - height - 18;
  card.style.left = `${left}px`;
  card.style.top = `${above > 8 ? above : event.clientY + 18}px`;
}
