// Draws the timeline: ruler and shots, the policy's spans, reviews, and a strip for each tag.

import { columns, runs } from "./heat.js";
import { clock } from "./times.js";

export const HEAD = 24;
export const LANE = 18;

/** Read the colours of the scheme that is on from elements that have them. */
export function paints(root) {
  const found = {};
  for (const element of root.querySelectorAll("[data-paint]")) {
    found[element.dataset.paint] = getComputedStyle(element).color;
  }
  return found;
}

/** Make a canvas as sharp as the screen; returns its context, in CSS pixels. */
export function context(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
}

/** Draw everything but the playhead. `facts`: shots, tags, spans, reviews, and the draft of one. */
export function draw(pen, facts, view, width, paint) {
  const height = HEAD + LANE * (2 + facts.tags.length);
  pen.fillStyle = paint.ground;
  pen.fillRect(0, 0, width, height);
  drawRuler(pen, facts.shots, view, width, paint);
  drawSpans(pen, facts.spans, view, width, paint);
  drawReviews(pen, facts.reviews, view, width, paint);
  if (facts.draft) drawDraft(pen, facts.draft, view, width, paint);
  facts.tags.forEach((tag, n) => {
    drawStrip(pen, facts.shots, tag, HEAD + LANE * (2 + n), view, width, paint);
  });
  pen.fillStyle = paint.line;
  for (let n = 0; n <= 2 + facts.tags.length; n += 1) pen.fillRect(0, HEAD + LANE * n - 1, width, 1);
}

function drawRuler(pen, shots, view, width, paint) {
  pen.fillStyle = paint.edge;
  let last = -2;
  for (const start_us of shots.starts_us) {
    const x = Math.round(view.x(start_us, width));
    if (x < 0 || x > width || x - last < 2) continue;
    pen.fillRect(x, HEAD - 8, 1, 7);
    last = x;
  }
  pen.fillStyle = paint.soft;
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "top";
  for (const us of view.marks(width)) {
    const x = Math.round(view.x(us, width));
    pen.textAlign = x < 20 ? "left" : x > width - 20 ? "right" : "center";
    // Beside the playhead, which stands at the beginning first.
    pen.fillText(clock(us, view.length_us < 5e6 ? 1 : 0), Math.max(x, 9), 3);
  }
}

const GRAVITY = ["low", "medium", "high"];

function drawSpans(pen, spans, view, width, paint) {
  // The gravest on top, where several lie over each other.
  const rank = (span) => GRAVITY.indexOf(span.severity);
  for (const span of spans.toSorted((one, other) => rank(one) - rank(other))) {
    const [from, length] = extent(span, view, width);
    pen.fillStyle = paint[span.severity] || paint.high;
    pen.globalAlpha = 0.85;
    pen.fillRect(from, HEAD + 2, length, LANE - 5);
    // The span goes down through all strips, so that one sees what it was made from.
    pen.globalAlpha = 0.1;
    pen.fillRect(from, HEAD + LANE, length, 1e4);
    pen.globalAlpha = 1;
  }
}

// The edges that are being moved, as a frame: what is under it stays to be seen.
function drawDraft(pen, draft, view, width, paint) {
  const [from, length] = extent(draft, view, width);
  pen.strokeStyle = paint.ink;
  pen.lineWidth = 2;
  pen.strokeRect(from, HEAD + 1, length, LANE - 3);
}

function drawReviews(pen, reviews, view, width, paint) {
  const middle = HEAD + LANE + LANE / 2 - 1;
  for (const review of reviews) {
    const [from, length] = extent(review, view, width);
    pen.fillStyle = { accept: paint.high, reject: paint.good }[review.decision] || paint.low;
    pen.fillRect(from, middle + 3, length, 3);
    // A shape for each decision, so that colour is not all that tells them apart.
    pen.beginPath();
    const x = from + length / 2;
    if (review.decision === "accept") pen.rect(x - 3, middle - 5, 6, 6);
    else if (review.decision === "reject") pen.arc(x, middle - 2, 3.5, 0, 7);
    else {
      pen.moveTo(x, middle - 6);
      pen.lineTo(x + 4, middle + 1);
      pen.lineTo(x - 4, middle + 1);
    }
    pen.fill();
  }
}

function drawStrip(pen, shots, tag, top, view, width, paint) {
  const whole = Math.ceil(width);
  for (const run of runs(columns(shots, tag.probabilities, view, whole), tag.threshold)) {
    if (run.level === 0) continue;
    if (run.level < 0) {
      hatch(pen, run, top, paint);
      continue;
    }
    pen.fillStyle = run.present ? paint.heat : paint.edge;
    pen.globalAlpha = run.present ? 0.45 + 0.55 * run.level : Math.min(0.55, 0.06 + run.level);
    pen.fillRect(run.from, top + 2, run.to - run.from, LANE - 5);
  }
  pen.globalAlpha = 1;
}

// Not looked at is not the same as nothing found.
function hatch(pen, run, top, paint) {
  pen.save();
  pen.beginPath();
  pen.rect(run.from, top + 2, run.to - run.from, LANE - 5);
  pen.clip();
  pen.strokeStyle = paint.edge;
  pen.globalAlpha = 0.6;
  pen.beginPath();
  for (let x = run.from - LANE; x < run.to; x += 6) {
    pen.moveTo(x, top + LANE);
    pen.lineTo(x + LANE, top);
  }
  pen.stroke();
  pen.restore();
  pen.globalAlpha = 1;
}

function extent(span, view, width) {
  const from = view.x(span.start_us, width);
  return [from, Math.max(2, view.x(span.end_us, width) - from)];
}

/** Draw the playhead, and the pointer's line if there is one. */
export function drawOver(pen, at_us, pointed_us, view, width, height, paint) {
  pen.clearRect(0, 0, width, height);
  if (pointed_us !== null) {
    pen.fillStyle = paint.soft;
    pen.fillRect(Math.round(view.x(pointed_us, width)), 0, 1, height);
  }
  const x = Math.round(view.x(at_us, width));
  pen.fillStyle = paint.ink;
  pen.fillRect(x - 1, 0, 2, height);
  pen.beginPath();
  pen.moveTo(x - 6, 0);
  pen.lineTo(x + 6, 0);
  pen.lineTo(x, 8);
  pen.fill();
}
