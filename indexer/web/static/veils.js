// Pictures that may disturb are blurred until somebody asks: for one by its button, or for all.

import { need } from "./dom.js";
import { bind } from "./keys.js";

// Kept while the tab is open: whoever reviews a hundred spans asks once.
const KEPT = "unveiled";
const root = document.documentElement;

export function listen() {
  document.addEventListener("click", (event) => {
    const frame = event.target.closest(".unveil")?.closest(".frame");
    if (!frame) return;
    frame.classList.remove("veiled");
    frame.querySelector("a")?.focus();
  });
  // A picture that cannot be made leaves a word, not a broken icon.
  document.addEventListener("error", (event) => missing(event.target), true);
  document.querySelectorAll(".frame img").forEach((image) => {
    if (image.complete && !image.naturalWidth && image.currentSrc) missing(image);
  });
  need("#veils").addEventListener("click", toggle);
  bind([{ keys: ["V"], does: "Show or blur sensitive pictures", run: toggle }]);
  show(sessionStorage.getItem(KEPT) === "yes");
}

function missing(element) {
  if (element.matches?.(".frame img")) element.classList.add("missing");
}

function toggle() {
  const wanted = root.dataset.unveiled === undefined;
  sessionStorage.setItem(KEPT, wanted ? "yes" : "no");
  show(wanted);
  if (!wanted) document.dispatchEvent(new Event("blurred"));
}

function show(wanted) {
  const button = need("#veils");
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = `Sensitive: ${wanted ? "shown" : "blurred"}`;
  if (wanted) root.dataset.unveiled = "";
  else delete root.dataset.unveiled;
}
