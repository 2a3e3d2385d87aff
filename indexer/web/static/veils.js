// Pictures that may disturb are blurred until somebody asks: one by its button, all by a key.

import { bind } from "./keys.js";
import { say } from "./say.js";

export function listen() {
  document.addEventListener("click", (event) => {
    const frame = event.target.closest(".unveil")?.closest(".frame");
    if (!frame) return;
    frame.classList.remove("veiled");
    frame.querySelector("a")?.focus();
  });
  // A picture that cannot be made leaves a word, not a broken icon.
  document.addEventListener("error", missing, true);
  bind([{ keys: ["V"], does: "Show or blur sensitive pictures", run: toggle }]);
}

function missing(event) {
  if (event.target.matches?.(".frame img")) event.target.classList.add("missing");
}

function toggle() {
  const sensitive = [...document.querySelectorAll(".frame[data-sensitive]")];
  const show = sensitive.some((frame) => frame.classList.contains("veiled"));
  sensitive.forEach((frame) => frame.classList.toggle("veiled", !show));
  if (!sensitive.length) say("No sensitive pictures here");
  else say(show ? "Sensitive pictures shown" : "Sensitive pictures blurred");
}
