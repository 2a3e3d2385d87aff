// A film: the picture, the timeline under it, the policy's spans beside it, and the keys for all.

import { ask } from "./api.js";
import { curtain } from "./curtain.js";
import { deciding } from "./decide.js";
import { need, numberOf } from "./dom.js";
import { Edges } from "./edges.js";
import { timelineFacts } from "./facts.js";
import { glance } from "./glance.js";
import { shotAt } from "./heat.js";
import { bind } from "./keys.js";
import { fetchPage, swap } from "./pages.js";
import { Playhead } from "./playhead.js";
import { say, sayError } from "./say.js";
import { clock } from "./times.js";
import { Timeline } from "./timeline.js";

const stage = need("#stage");
const head = new Playhead(stage);
const clock_shown = need("#clock");
let timeline = null;
let chosen = 0;
// The first span is chosen from the beginning, and the first key goes to it.
let visited = false;

const spans = () => [...document.querySelectorAll("#spans button[data-start]")];
const reviews = () => [...document.querySelectorAll("#reviews [data-decision]")];
const current = () => spans()[chosen] ?? null;

function choose(number) {
  chosen = number;
  spans().forEach((span, n) => {
    if (n === chosen) span.setAttribute("aria-current", "true");
    else span.removeAttribute("aria-current");
  });
  current()?.scrollIntoView({ block: "nearest" });
}

function go(number) {
  const all = spans();
  if (!all.length) return say("The policy flags nothing here.");
  visited = true;
  edges.close();
  choose((number + all.length) % all.length);
  head.seek(numberOf(current(), "start"));
}

function read(element) {
  const { start, end, severity, decision } = element.dataset;
  return { start_us: Number(start), end_us: Number(end), severity, decision };
}

const edges = new Edges({
  current,
  shots: async () => (await known).shots,
  moved: (draft, us) => {
    if (timeline) timeline.facts.draft = draft;
    timeline?.redraw();
    if (us !== null) head.seek(us);
  },
  here: () => head.us,
});

function marks() {
  timeline.facts.spans = spans().map(read);
  timeline.facts.reviews = reviews().map(read);
  timeline.redraw();
}

async function learn() {
  const answer = await ask(`/films/${head.film_id}/timeline`);
  return timelineFacts(answer, shown(answer.tags), need("#timeline").dataset.sensitive.split("|"));
}

async function begin() {
  const facts = await known;
  timeline = new Timeline(need("#timeline"), facts, {
    seek: (us) => head.seek(us),
    point: glance(need("#glance"), head.film_id, facts),
  });
  marks();
  timeline.move(head.us);
}

// The server wrote the names of the lanes; the strips stand in the same order.
function shown(tags) {
  const by_name = new Map(tags.map((tag) => [tag.tag, tag]));
  return [...document.querySelectorAll("#lanes [data-tag]")]
    .map((lane) => by_name.get(lane.dataset.tag))
    .filter((tag) => tag);
}

function shot(by) {
  const { starts_us } = timeline.facts.shots;
  const n = shotAt(starts_us, head.us) + by;
  if (n >= 0 && n < starts_us.length) head.seek(starts_us[n]);
}

// From a little way into a shot, "previous" is its own beginning, as on a player.
function shotBefore() {
  const start_us = timeline.facts.shots.starts_us[shotAt(timeline.facts.shots.starts_us, head.us)];
  if (head.us - start_us > 1e6) head.seek(start_us);
  else shot(-1);
}

head.onMove((us) => {
  clock_shown.textContent = clock(us, 3);
  timeline?.move(us);
});
document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-seek]");
  if (at) head.seek(numberOf(at, "seek"));
  const span = event.target.closest("#spans button[data-start]");
  if (span) go(spans().indexOf(span));
});
need("#by-frames").addEventListener("click", () => head.byFrames(!head.frames));
need("#policy").addEventListener("change", (event) => event.target.form.requestSubmit());

deciding(current, edges, async () => {
  swap(await fetchPage(location.href), "#beside", "#reviews");
  choose(Math.min(chosen, Math.max(0, spans().length - 1)));
  if (timeline) marks();
});

const frame_us = 1e6 / Math.max(1, numberOf(stage, "rate"));
bind([
  { keys: [" "], does: "Play or pause", run: () => head.toggle() },
  { keys: ["ArrowLeft"], does: "A second back (Shift: ten)", run: (e) => head.seek(head.us - (e.shiftKey ? 1e7 : 1e6)) },
  { keys: ["ArrowRight"], does: "A second on (Shift: ten)", run: (e) => head.seek(head.us + (e.shiftKey ? 1e7 : 1e6)) },
  { keys: [","], does: "A frame back", run: () => head.seek(head.us - frame_us) },
  { keys: ["."], does: "A frame on", run: () => head.seek(head.us + frame_us) },
  { keys: ["j"], does: "Next shot", run: () => timeline && shot(1) },
  { keys: ["k"], does: "Previous shot", run: () => timeline && shotBefore() },
  { keys: ["f"], does: "Next flagged span", run: () => go(visited ? chosen + 1 : chosen) },
  { keys: ["F"], does: "Previous flagged span", run: () => go(chosen - 1) },
  { keys: ["+", "="], does: "Show less, larger", run: () => timeline?.zoom(0.5) },
  { keys: ["-"], does: "Show more, smaller", run: () => timeline?.zoom(2) },
  { keys: ["0"], does: "Show the whole film", run: () => timeline?.whole() },
  { keys: ["<"], does: "Move the view back", run: () => timeline?.pan(-0.5) },
  { keys: [">"], does: "Move the view on", run: () => timeline?.pan(0.5) },
  { keys: ["Home"], does: "To the beginning", run: () => head.seek(0) },
  { keys: ["End"], does: "To the end", run: () => head.seek(head.duration_us) },
  { keys: ["t"], does: "Show frames, or the film", run: () => head.byFrames(!head.frames) },
]);

const asked = new URLSearchParams(location.search);
const wanted_us = Number(asked.get("at_us"));
if (wanted_us > 0) head.seek(wanted_us);
// Who comes for a span, from the queue, decides about that one and not about the film's first.
const there = spans().filter((span) => numberOf(span, "start") <= wanted_us && wanted_us < numberOf(span, "end"));
const meant = there.find((span) => span.dataset.tag === asked.get("tag")) ?? there.at(-1);
if (asked.has("at_us") && meant) {
  choose(spans().indexOf(meant));
  visited = true;
}
const known = learn();
curtain(stage, head, known.then((facts) => facts.shots));
begin().catch(sayError);
