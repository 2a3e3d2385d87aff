// Moving the edges of a span: a draft that keys and buttons change, and the frames at its edges.

import { frameAddress } from "./api.js";
import { make, need, numberOf, settled } from "./dom.js";
import { shotAt } from "./heat.js";
import { bind } from "./keys.js";
import { say, sayError } from "./say.js";
import { clock } from "./times.js";

const FRAME_WIDTH = 640;
const WAIT_MS = 60;
// What is a frame's beginning may be read a little short of it.
const SLACK = 0.01;

export class Edges {
  /**
   * `current()` gives the element of the span that is meant, or null; `shots(film_id)` promises the
   * film's shots; `moved(draft, us)` is told what is drafted and where the edge's frame is, or null
   * when nothing is drafted any more; `here()` gives the time on show, where there is a player.
   */
  constructor({ current, shots, moved = () => {}, here = null }) {
    Object.assign(this, { current, shots, moved, here });
    this.draft = null;
    this.show_frames = settled(() => this.showFrames(), WAIT_MS);
    this.listen();
  }

  get panel() {
    return need("#edges");
  }

  get frame_us() {
    return 1e6 / Math.max(1, numberOf(this.panel, "rate"));
  }

  /** Where the tag is by now, as the API takes it; null if no edge was moved. */
  get ruled() {
    const { draft } = this;
    if (!draft || (draft.start_us === draft.was.start_us && draft.end_us === draft.was.end_us)) return null;
    return { ruled_start_us: draft.start_us, ruled_end_us: draft.end_us };
  }

  /** Begin to adjust the span that is meant; if that has begun, turn to the other edge. */
  open() {
    if (this.draft) return this.turn(this.draft.edge === "start" ? "end" : "start");
    if (!this.begin()) return;
    this.panel.scrollIntoView({ block: "nearest" });
    this.turn("start");
  }

  begin() {
    const element = this.current();
    if (!element) return say("No span is chosen: f goes to the next one.");
    const was = { start_us: numberOf(element, "start"), end_us: numberOf(element, "end") };
    this.draft = { ...was, was, edge: "start", asked: false, known: null };
    need("#edges-title").textContent = `Adjust ${element.dataset.tag}`;
    this.panel.hidden = false;
    this.learn(this.draft);
    this.showTimes();
    return true;
  }

  // Which shots are sensitive; until that is known each is taken for one.
  async learn(draft) {
    try {
      draft.known = await this.shots(numberOf(this.panel, "film"));
      if (this.draft === draft) this.showFrames();
    } catch (error) {
      sayError(error);
    }
  }

  close() {
    if (!this.draft) return;
    this.draft = null;
    this.panel.hidden = true;
    this.moved(null, null);
  }

  turn(edge) {
    need(`[data-edge="${edge}"] [role=slider]`, this.panel).focus();
    this.goTo(edge);
  }

  goTo(edge) {
    this.draft.edge = edge;
    for (const one of this.panel.querySelectorAll("[data-edge]")) {
      one.classList.toggle("chosen", one.dataset.edge === edge);
    }
    this.tell();
  }

  /** Move the edge that is chosen by so many frames or seconds. */
  move(unit, by) {
    const { frame_us, draft } = this;
    const now_us = draft[`${draft.edge}_us`] + (unit === "second" ? by * 1e6 : 0);
    this.put(draft.edge, Math.round(now_us / frame_us) + (unit === "frame" ? by : 0));
  }

  /** Put an edge at the beginning of a frame, but never over the other one nor out of the film. */
  put(edge, frame) {
    const { draft, frame_us } = this;
    const us = Math.round(frame * frame_us);
    const room = Math.round(frame_us);
    if (edge === "start") draft.start_us = Math.max(0, Math.min(us, draft.end_us - room));
    else draft.end_us = Math.max(draft.start_us + room, Math.min(us, numberOf(this.panel, "duration")));
    this.goTo(edge);
    this.showTimes();
  }

  /** The frame on show becomes the first of the span, or its last. */
  setHere(edge) {
    if (!this.draft && !this.begin()) return;
    const frame = Math.floor(this.here() / this.frame_us + SLACK);
    const { start_us, end_us } = this.draft;
    const us = (frame + (edge === "end" ? 1 : 0)) * this.frame_us;
    if (edge === "start" ? us >= end_us : us <= start_us) {
      return say("A span starts before it ends: move the other edge first.");
    }
    this.put(edge, frame + (edge === "end" ? 1 : 0));
    this.turn(edge);
  }

  // The middle of the first frame and of the last, whatever a container made of their beginnings.
  looks() {
    const half_us = this.frame_us / 2;
    const { start_us, end_us } = this.draft;
    return { start: Math.round(start_us + half_us), end: Math.round(Math.max(start_us, end_us - half_us)) };
  }

  tell() {
    const { start_us, end_us, edge } = this.draft;
    this.moved({ start_us, end_us }, edge === "start" ? start_us : Math.max(start_us, end_us - this.frame_us));
  }

  showTimes() {
    const { was, ...draft } = this.draft;
    for (const edge of ["start", "end"]) {
      const [us, before_us] = [draft[`${edge}_us`], was[`${edge}_us`]];
      const slider = need(`[data-edge="${edge}"] [role=slider]`, this.panel);
      const by = us === before_us ? "" : `${us > before_us ? "+" : "−"}${(Math.abs(us - before_us) / 1e6).toFixed(3)} s`;
      slider.setAttribute("aria-valuenow", (us / 1e6).toFixed(3));
      slider.setAttribute("aria-valuetext", `${clock(us, 3)} ${by || "as it was"}`);
      slider.replaceChildren(make("strong", {}, clock(us, 3)), make("span", { class: "small soft" }, by));
    }
    const seconds = (from) => ((from.end_us - from.start_us) / 1e6).toFixed(3);
    need("#edges-length").textContent = `${seconds(draft)} s, was ${seconds(was)} s`;
    this.show_frames();
  }

  showFrames() {
    if (!this.draft) return;
    const { known, asked } = this.draft;
    for (const [edge, us] of Object.entries(this.looks())) {
      const image = need(`[data-edge="${edge}"] img`, this.panel);
      const names = known ? known.sensitive[shotAt(known.starts_us, us)] : ["unknown yet"];
      image.parentElement.classList.toggle("veiled", names.length > 0 && !asked);
      need(".what", image.parentElement).textContent = names.join(", ");
      const source = frameAddress(numberOf(this.panel, "film"), us, FRAME_WIDTH, true);
      if (image.getAttribute("src") === source) continue;
      image.classList.remove("missing");
      image.src = source;
    }
  }

  listen() {
    document.addEventListener("focusin", (event) => {
      const edge = event.target.closest?.("#edges [data-edge]")?.dataset.edge;
      if (this.draft && edge && edge !== this.draft.edge) this.goTo(edge);
    });
    document.addEventListener("click", (event) => {
      if (!this.draft || !event.target.closest("#edges")) return;
      const { by, unit } = event.target.closest("[data-by]")?.dataset ?? {};
      if (by) this.moveOf(event.target.closest("[data-edge]").dataset.edge, unit, Number(by));
      if (event.target.closest(".unveil")) this.unveil();
    });
    const when = () => this.draft !== null;
    const seconds = (event) => (event.shiftKey ? 10 : 1);
    bind([
      { keys: [","], does: "Adjusting: the edge a frame back", when, run: () => this.move("frame", -1) },
      { keys: ["."], does: "Adjusting: the edge a frame on", when, run: () => this.move("frame", 1) },
      { keys: ["ArrowLeft"], does: "Adjusting: the edge a second back (Shift: ten)", when, run: (e) => this.move("second", -seconds(e)) },
      { keys: ["ArrowRight"], does: "Adjusting: the edge a second on (Shift: ten)", when, run: (e) => this.move("second", seconds(e)) },
      { keys: ["Escape"], does: "Adjusting: leave the edges as they were", when, run: () => this.close() },
    ]);
    if (!this.here) return;
    bind([
      { keys: ["["], does: "Adjust: the span starts at the frame on show", run: () => this.setHere("start") },
      { keys: ["]"], does: "Adjust: the span ends with the frame on show", run: () => this.setHere("end") },
    ]);
  }

  moveOf(edge, unit, by) {
    this.draft.edge = edge;
    this.move(unit, by);
  }

  unveil() {
    this.draft.asked = true;
    this.showFrames();
  }
}
