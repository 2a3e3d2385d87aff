// The veil over the player: while a sensitive shot is on show, until somebody asks for the picture.

import { need } from "./dom.js";
import { shotAt } from "./heat.js";
import { sayError } from "./say.js";

// While a film plays, what is on the screen may be a few frames from what the clock says.
const MARGIN_US = 100_000;

/**
 * Veil the picture of a stage by the shot at its playhead. `shots` promises the film's shots; until
 * they are there, a film that has anything sensitive stays veiled as the server left it.
 */
export function curtain(stage, head, shots) {
  const button = need(".lift", stage);
  let known = null;
  // Asked for once, a film is shown until the page is left, or all is blurred anew.
  let asked = false;

  function names() {
    const margins = head.playing ? [-MARGIN_US, 0, MARGIN_US] : [0];
    const there = margins.map((by) => known.sensitive[shotAt(known.starts_us, head.us + by)]);
    return [...new Set(there.flat())];
  }

  function draw() {
    if (!known && !asked) return;
    const found = asked ? [] : names();
    if (found.length) need(".what", button).textContent = found.join(", ");
    // What comes may be calm: until it is there, the picture is still the one before.
    else if (head.arriving && !asked) return;
    stage.classList.toggle("veiled", found.length > 0);
  }

  button.addEventListener("click", () => {
    asked = true;
    draw();
  });
  document.addEventListener("blurred", () => {
    asked = false;
    draw();
  });
  head.onMove(draw);
  shots.then((found) => {
    known = found;
    draw();
  }, sayError);
}
