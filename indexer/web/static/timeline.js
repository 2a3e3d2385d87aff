// The timeline as a control: a slider over time that can be zoomed, panned and pointed at.

import { need } from "./dom.js";
import { shotAt } from "./heat.js";
import { HEAD, LANE, context, draw, drawOver, paints } from "./timeline-paint.js";
import { clock, probability } from "./times.js";
import { View } from "./view.js";

export class Timeline {
  /** `facts` as timeline-paint.js has them; `seek(us)` and `point(us or null, event)` are told. */
  constructor(root, facts, { seek, point }) {
    this.field = need(".field", root);
    this.back = need("canvas.under", root);
    this.over = need("canvas.over", root);
    this.root = root;
    this.facts = facts;
    this.view = new View(facts.duration_us);
    this.at_us = 0;
    this.pointed_us = null;
    this.seek = seek;
    this.point = point;
    this.listen();
    new ResizeObserver(() => this.redraw()).observe(this.field);
    document.addEventListener("scheme", () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  get width() {
    return this.field.clientWidth;
  }

  get height() {
    return HEAD + LANE * (2 + this.facts.tags.length);
  }

  redraw() {
    if (!this.width) return;
    this.paint = paints(this.root);
    for (const canvas of [this.back, this.over]) canvas.setAttribute("height", this.height);
    draw(context(this.back, this.width, this.height), this.facts, this.view, this.width, this.paint);
    this.pen = context(this.over, this.width, this.height);
    this.redrawOver();
  }

  redrawOver() {
    if (!this.pen) return;
    const { view, width, height, paint } = this;
    drawOver(this.pen, this.at_us, this.pointed_us, view, width, height, paint);
  }

  /** Move the playhead. */
  move(us) {
    this.at_us = us;
    const field = this.field;
    field.setAttribute("aria-valuenow", (us / 1e6).toFixed(2));
    field.setAttribute("aria-valuetext", this.told(us));
    if (this.view.follow(us)) this.redraw();
    else this.redrawOver();
  }

  told(us) {
    const { shots, tags, duration_us } = this.facts;
    const n = shotAt(shots.starts_us, us);
    const seen = tags
      .filter((tag) => tag.probabilities[n] !== null && tag.probabilities[n] >= tag.threshold)
      .map((tag) => `${tag.tag} ${probability(tag.probabilities[n])}`);
    const looked = tags.some((tag) => tag.probabilities[n] !== null);
    const what = looked ? seen.join(", ") || "no tag" : "not looked at";
    return `${clock(us, 1)} of ${clock(duration_us)}, shot ${n + 1} of ${shots.starts_us.length}: ${what}`;
  }

  zoom(factor, around_us = this.at_us) {
    this.view.zoom(factor, around_us);
    this.redraw();
  }

  pan(share) {
    this.view.pan(share * this.view.length_us);
    this.redraw();
  }

  whole() {
    this.view.whole();
    this.redraw();
  }

  timeAt(event) {
    return this.view.us(event.clientX - this.field.getBoundingClientRect().left, this.width);
  }

  listen() {
    const field = this.field;
    field.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      field.setPointerCapture(event.pointerId);
      this.seek(this.timeAt(event));
    });
    field.addEventListener("pointermove", (event) => {
      this.pointed_us = this.timeAt(event);
      if (field.hasPointerCapture(event.pointerId)) this.seek(this.pointed_us);
      this.redrawOver();
      this.point(this.pointed_us, event);
    });
    field.addEventListener("pointerleave", (event) => {
      this.pointed_us = null;
      this.redrawOver();
      this.point(null, event);
    });
    field.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  // The wheel alone scrolls the strips; with Ctrl it zooms, sideways or with Shift it pans.
  wheel(event) {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey) this.zoom(Math.exp(event.deltaY / 300), this.timeAt(event));
    else if (sideways) this.pan(sideways / this.width);
    else return;
    event.preventDefault();
  }
}
