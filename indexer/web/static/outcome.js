// What another threshold would change: films with their verdicts, and one film's spans as lanes.

import { make } from "./dom.js";
import { clock } from "./times.js";

const SVG = "http://www.w3.org/2000/svg";

/** Show a trial in `panel`; `before` are the spans of the film that was asked for, as stored. */
export function showOutcome(panel, tried, before, choose) {
  panel.replaceChildren(
    make("p", {}, make("strong", { id: "changes" }, `${tried.changes} of ${tried.films} films would change`)),
  );
  if (tried.changed.length) panel.append(changedList(tried.changed, choose));
  if (tried.changes > tried.changed.length) {
    panel.append(make("p", { class: "soft small" }, `The first ${tried.changed.length} are named.`));
  }
  if (tried.verdict) panel.append(...spans(tried.verdict, before));
}

function changedList(changed, choose) {
  const list = make("ul", { class: "changed" });
  for (const one of changed) {
    const button = make("button", { type: "button", class: "plain" }, one.title);
    button.addEventListener("click", () => choose(one.film_id));
    list.append(make("li", {}, button, make("span", { class: "small" }, `${one.before} → ${one.after}`)));
  }
  return list;
}

function spans(after, before) {
  return [
    make("h3", {}, after.title),
    lane("Now", before),
    lane("Then", after),
    make("ol", { class: "small" }, ...after.evidence.map(line)),
  ];
}

function line(span) {
  const words = `${clock(span.start_us, 1)} to ${clock(span.end_us, 1)}, ${span.tag}, ${span.action}`;
  return make("li", {}, words);
}

/** One row of spans over the film's length; its name and number stand beside it. */
function lane(name, verdict) {
  const spans = verdict.evidence.length;
  const count = `${name}: ${spans} ${spans === 1 ? "span" : "spans"}, ${verdict.verdict}`;
  const drawn = document.createElementNS(SVG, "svg");
  const duration_us = Math.max(1, verdict.duration_us ?? 1);
  const attributes = { class: "lane", viewBox: "0 0 1000 12", preserveAspectRatio: "none", role: "img", "aria-label": count };
  for (const [key, value] of Object.entries(attributes)) drawn.setAttribute(key, value);
  for (const span of verdict.evidence) {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("x", (1000 * span.start_us) / duration_us);
    rect.setAttribute("width", Math.max(2, (1000 * (span.end_us - span.start_us)) / duration_us));
    rect.setAttribute("height", 12);
    drawn.append(rect);
  }
  return make("div", {}, make("p", { class: "small" }, count), drawn);
}
