// Where in the film one is: in the film itself where the browser can play it, else by its frames.

import { frameAddress } from "./api.js";
import { need, numberOf, settled } from "./dom.js";
import { say } from "./say.js";

const FRAME_WIDTH = 1280;
const WAIT_MS = 60;

export class Playhead {
  constructor(stage) {
    this.video = need("video", stage);
    this.still = need("#still", stage);
    this.film_id = numberOf(stage, "film");
    this.duration_us = numberOf(stage, "duration");
    this.offset_us = numberOf(stage, "offset");
    this.us = 0;
    this.told = [];
    this.frames = false;
    this.show = settled(() => this.showFrame(), WAIT_MS);
    this.watch();
  }

  /** Call `told(us)` whenever the place changes. */
  onMove(told) {
    this.told.push(told);
  }

  watch() {
    const { video } = this;
    const tell = () => !this.frames && this.moved(video.currentTime * 1e6 - this.offset_us);
    video.addEventListener("timeupdate", tell);
    video.addEventListener("seeked", tell);
    this.still.addEventListener("load", () => this.frames && this.moved(this.us));
    video.addEventListener("error", () => this.refused(), true);
    // A file whose sound plays and whose picture does not has no width.
    video.addEventListener("loadedmetadata", () => video.videoWidth === 0 && this.refused());
    if (video.error || (video.dataset.type && video.canPlayType(video.dataset.type) === "")) {
      this.refused();
    }
    // Frame by frame while it plays, and only then: a film that stands still costs nothing.
    const step = () => {
      if (video.paused) return;
      tell();
      requestAnimationFrame(step);
    };
    video.addEventListener("play", () => requestAnimationFrame(step));
  }

  moved(us) {
    this.us = Math.min(Math.max(0, us), this.duration_us);
    this.told.forEach((tell) => tell(this.us));
  }

  /** The browser cannot play this film: say so, and go by frames. */
  refused() {
    if (this.frames) return;
    need("#unplayable").hidden = false;
    this.byFrames(true);
  }

  byFrames(wanted) {
    this.frames = wanted;
    this.video.pause();
    this.video.hidden = wanted;
    this.still.hidden = !wanted;
    document.querySelector("#by-frames")?.setAttribute("aria-pressed", String(wanted));
    if (wanted) this.showFrame();
    else this.seek(this.us);
  }

  seek(us) {
    const last_us = Math.max(0, this.duration_us - 1);
    this.moved(Math.min(Math.max(0, us), last_us));
    if (this.frames) this.show();
    else this.video.currentTime = (this.us + this.offset_us) / 1e6;
  }

  showFrame() {
    this.still.src = this.frame;
  }

  get frame() {
    return frameAddress(this.film_id, Math.round(this.us), FRAME_WIDTH, true);
  }

  get playing() {
    return !this.frames && !this.video.paused;
  }

  /** Whether the picture on the screen is still that of another time. */
  get arriving() {
    if (!this.frames) return this.video.seeking;
    return this.still.getAttribute("src") !== this.frame || !this.still.complete;
  }

  toggle() {
    if (this.frames) say("This film is shown by its frames; it cannot be played here.");
    else if (this.video.paused) this.video.play().catch(() => this.refused());
    else this.video.pause();
  }
}
