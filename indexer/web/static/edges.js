// The panel in which a span's edges are moved: the frames at both, their times, and the keys.

import { frameAddress } from "./api.js";
import { make, need, numberOf, settled } from "./dom.js";
import { Draft } from "./draft.js";
import { shotAt } from "./heat.js";
import { bind } from "./keys.js";
import { say, sayError } from "./say.js";
import { clock } from "./times.js";

const FRAME_WIDTH = 640;
const WAIT_MS = 60;
const EDGES = ["start", "end"];

export class Edges {
  /**
   * `current()` gives the element of the span that is meant, or null; `shots(film_id)` promises the
   * film's shots; `moved(draft, us)` is told what is drafted and when the edge's frame is, or null
   * when nothing is drafted any more; `here()` gives the time on show, where there is a player.
   */
  constructor({ current, shots, moved = () => {}, here = null }) {
    Object.assign(this, { current, shots, moved, here });
    this.draft = null;
    this.shown = settled(() => this.showFrames(), WAIT_MS);
  }

  get panel() {
    return need("#edges");
  }

  part(edge, selector) {
    return need(`[data-edge="${edge}"] ${selector}`, this.panel);
  }

  /** Where the tag is by now, as the API takes it; null if no edge was moved. */
  get ruled() {
    return this.draft?.ruled ?? null;
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
    if (!element) {
      say("No span is chosen: f goes to the next one.");
      return false;
    }
    const span = { start_us: numberOf(element, "start"), end_us: numberOf(element, "end") };
    const { panel } = this;
    const frame_us = 1e6 / Math.max(1, numberOf(panel, "rate"));
    this.draft = new Draft(span, frame_us, numberOf(panel, "duration"));
    this.asked = false;
    this.known = null;
    need("#edges-title").textContent = `Adjust ${element.dataset.tag}`;
    panel.hidden = false;
    this.learn(this.draft, numberOf(panel, "film"));
    this.showTimes();
    return true;
  }

  // Which shots are sensitive; until that is known each is taken for one.
  async learn(draft, film_id) {
    try {
      const known = await this.shots(film_id);
      if (this.draft !== draft) return;
      this.known = known;
      this.showFrames();
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
    this.draft.edge = edge;
    this.part(edge, "[role=slider]").focus();
    this.tell();
  }

  tell() {
    const { draft } = this;
    for (const edge of EDGES) {
      this.part(edge, "[role=slider]").closest("[data-edge]").classList.toggle("chosen", edge === draft.edge);
    }
    this.moved(draft, draft.frameAt(draft.edge));
    this.showTimes();
  }

  move(unit, by, edge = this.draft.edge) {
    this.draft.edge = edge;
    this.draft.move(unit, by);
    this.tell();
  }

  /** The frame on show becomes the first of the span, or its last. */
  setHere(edge) {
    if (!this.draft && !this.begin()) return;
    if (this.draft.putHere(edge, this.here())) this.turn(edge);
    else say("A span starts before it ends: move the other edge first.");
  }

  showTimes() {
    const { draft } = this;
    for (const edge of EDGES) {
      const [us, was_us] = [draft[`${edge}_us`], draft.was[`${edge}_us`]];
      const by = us === was_us ? "" : `${us > was_us ? "+" : "−"}${(Math.abs(us - was_us) / 1e6).toFixed(3)} s`;
      const slider = this.part(edge, "[role=slider]");
      slider.setAttribute("aria-valuenow", (us / 1e6).toFixed(3));
      slider.setAttribute("aria-valuetext", `${clock(us, 3)} ${by || "as it was"}`);
      slider.replaceChildren(make("strong", {}, clock(us, 3)), make("span", { class: "small soft" }, by));
    }
    const seconds = ({ start_us, end_us }) => ((end_us - start_us) / 1e6).toFixed(3);
    need("#edges-length").textContent = `${seconds(draft)} s, was ${seconds(draft.was)} s`;
    this.shown();
  }

  showFrames() {
    if (this.draft) EDGES.forEach((edge) => this.showFrame(edge));
  }

  showFrame(edge) {
    const us = this.draft.look(edge);
    const names = this.known ? this.known.sensitive[shotAt(this.known.starts_us, us)] : ["unknown yet"];
    this.part(edge, ".frame").classList.toggle("veiled", names.length > 0 && !this.asked);
    this.part(edge, ".what").textContent = names.join(", ");
    const image = this.part(edge, "img");
    const source = frameAddress(numberOf(this.panel, "film"), us, FRAME_WIDTH, true);
    if (image.getAttribute("src") === source) return;
    image.classList.remove("missing");
    image.src = source;
  }

  /** Answer to keys and clicks. */
  listen() {
    document.addEventListener("focusin", (event) => {
      const edge = event.target.closest?.("#edges [data-edge]")?.dataset.edge;
      if (!this.draft || !edge || edge === this.draft.edge) return;
      this.draft.edge = edge;
      this.tell();
    });
    document.addEventListener("click", (event) => this.clicked(event.target));
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

  clicked(target) {
    if (!this.draft || !target.closest("#edges")) return;
    const { by, unit } = target.closest("[data-by]")?.dataset ?? {};
    if (by) this.move(unit, Number(by), target.closest("[data-edge]").dataset.edge);
    // Asked for one of them, both are shown, and go on being so.
    if (target.closest(".unveil")) this.asked = true;
    this.showFrames();
  }
}
