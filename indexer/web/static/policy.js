// A policy: thresholds that can be tried, what would change with them, and saving.

import { ask, send } from "./api.js";
import { make, need, settled } from "./dom.js";
import { showOutcome } from "./outcome.js";
import { say, sayError } from "./say.js";

const WAIT_MS = 150;
const rules = need("#rules");
const text = need("#text");
const stored = text.textContent;
const path = `/policies/${encodeURIComponent(rules.dataset.policy)}`;
let round = 0;
let film_id = null;

const sliders = () => [...rules.querySelectorAll("input[type=range]")];
const moved = () => sliders().filter((slider) => slider.dataset.moved !== undefined);

/** Try all moved thresholds, one on top of the other; the last answer is about them together. */
async function trial() {
  const mine = ++round;
  if (!moved().length) return reset();
  let tried = null;
  try {
    for (const slider of moved()) {
      tried = await send("POST", `${path}/try`, {
        tag: slider.dataset.about,
        threshold: Number(slider.value),
        rule: Number(slider.dataset.rule),
        film_id,
        text: tried?.text ?? null,
      });
    }
    const before = film_id && (await ask(`/films/${film_id}/spans`, { policy: rules.dataset.policy }));
    if (mine !== round) return;
    text.textContent = tried.text;
    showOutcome(need("#outcome"), tried, before, choose);
  } catch (error) {
    if (mine === round) sayError(error);
  }
}

function choose(number) {
  film_id = number;
  trial();
}

function reset() {
  round += 1;
  sliders().forEach((slider) => {
    slider.value = slider.dataset.begins;
    delete slider.dataset.moved;
    need(`output[for=${slider.id}]`).textContent = slider.dataset.shown;
  });
  text.textContent = stored;
  need("#outcome").replaceChildren(
    make("p", { class: "soft" }, "As it is stored: nothing would change."),
  );
}

const soon = settled(trial, WAIT_MS);
rules.addEventListener("input", (event) => {
  const slider = event.target;
  slider.dataset.moved = "";
  need(`output[for=${slider.id}]`).textContent = Number(slider.value).toFixed(2);
  soon();
});
need("#reset").addEventListener("click", reset);
document.querySelector("#save")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name } = event.target.elements;
  try {
    await send("PUT", `/policies/${encodeURIComponent(name.value)}`, text.textContent);
    say(`Saved as ${name.value}.`);
    if (name.value !== rules.dataset.policy) location.assign(`/policies/${encodeURIComponent(name.value)}`);
    else location.reload();
  } catch (error) {
    sayError(error);
  }
});
