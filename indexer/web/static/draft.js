// The edges of a span while they are moved, from frame to frame. Only arithmetic.

// What is a frame's beginning may be read a little short of it.
const SLACK = 0.01;

export class Draft {
  /** Of the span that was asked about, in a film of so long a time whose frames last `frame_us`. */
  constructor({ start_us, end_us }, frame_us, duration_us) {
    Object.assign(this, { start_us, end_us, frame_us, duration_us });
    this.was = { start_us, end_us };
    this.edge = "start";
  }

  /** Where the tag is by now, as the API takes it; null if no edge was moved. */
  get ruled() {
    if (this.start_us === this.was.start_us && this.end_us === this.was.end_us) return null;
    return { ruled_start_us: this.start_us, ruled_end_us: this.end_us };
  }

  /** Move the edge that is chosen by so many frames or seconds. */
  move(unit, by) {
    const now_us = this[`${this.edge}_us`] + (unit === "second" ? by * 1e6 : 0);
    this.put(this.edge, Math.round(now_us / this.frame_us) + (unit === "frame" ? by : 0));
  }

  // At the beginning of a frame, but never over the other edge, nor out of the film.
  put(edge, frame) {
    const us = Math.round(frame * this.frame_us);
    const room = Math.round(this.frame_us);
    this.edge = edge;
    if (edge === "start") this.start_us = Math.max(0, Math.min(us, this.end_us - room));
    else this.end_us = Math.max(this.start_us + room, Math.min(us, this.duration_us));
  }

  /** Make the frame on show the first of the span, or its last; false if that is not possible. */
  putHere(edge, us) {
    const frame = Math.floor(us / this.frame_us + SLACK) + (edge === "end" ? 1 : 0);
    const there_us = frame * this.frame_us;
    if (edge === "start" ? there_us >= this.end_us : there_us <= this.start_us) return false;
    this.put(edge, frame);
    return true;
  }

  /** When the frame at an edge begins: that of the end is the last one within the span. */
  frameAt(edge) {
    return edge === "start" ? this.start_us : Math.max(this.start_us, this.end_us - this.frame_us);
  }

  /** The middle of the frame at an edge, whatever a container made of its beginning. */
  look(edge) {
    return Math.round(this.frameAt(edge) + this.frame_us / 2);
  }
}
