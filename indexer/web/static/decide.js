// What a person says of a span, and taking it back: the same on a film's page and in the queue.

import { send } from "./api.js";
import { need } from "./dom.js";
import { bind } from "./keys.js";
import { say, sayError } from "./say.js";
import { clock } from "./times.js";

const SAID = { accept: "Accepted", reject: "Rejected", adjust: "Adjusted", unsure: "Not sure" };
const KEPT = "decisions";

// Kept while the tab is open, so that going to another page does not lose what can be undone.
const made = JSON.parse(sessionStorage.getItem(KEPT) || "[]");

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(made.slice(-50)));
}

/** The span that an element speaks of. */
export function spanOf(element) {
  const { film, start, end, tag } = element.dataset;
  return { film_id: Number(film), start_us: Number(start), end_us: Number(end), tag };
}

/**
 * Bind the keys and buttons of deciding. `current()` gives the element of the span that is meant,
 * or null; `edges` are those of it that are being moved; `done()` is awaited when the server has
 * taken something in.
 */
export function deciding(current, edges, done) {
  const dialog = document.querySelector("#note");
  // The server leaves the dialog and the buttons out for those who may only look.
  if (!dialog) return;
  edges.listen();
  let before = Promise.resolve();

  // One after the other: whoever types fast decides about the span that stands there by then.
  function once(work) {
    before = before.then(work).catch(sayError);
    return before;
  }

  const decide = (decision, note = "") =>
    once(async () => {
      const element = current();
      if (!element) return say("No span is chosen: f goes to the next one.");
      const span = spanOf(element);
      const ruled = decision === "adjust" ? edges.ruled : {};
      if (!ruled) return say("No edge was moved yet: a accepts the span as it is.");
      const review = await send("POST", "/reviews", { ...span, ...ruled, decision, note });
      made.push(review.review);
      keep();
      edges.close();
      await done();
      say(`${SAID[decision]}: ${span.tag}, ${clock(span.start_us, 1)}. u takes it back.`);
    });

  const undo = () =>
    once(async () => {
      if (!made.length) return say("Nothing to take back.");
      await send("POST", `/reviews/${made.at(-1)}/undo`);
      made.pop();
      keep();
      await done();
      say("Taken back.");
    });

  const text = need("textarea", dialog);
  const writeNote = () => {
    if (!current()) return say("No span is chosen: f goes to the next one.");
    text.value = "";
    dialog.returnValue = "";
    need("[value=adjust]", dialog).hidden = !edges.ruled;
    dialog.showModal();
  };
  dialog.addEventListener("close", () => {
    if (dialog.returnValue in SAID) decide(dialog.returnValue, text.value.trim());
  });

  const acts = {
    accept: () => decide("accept"),
    reject: () => decide("reject"),
    adjust: () => edges.open(),
    keep: () => decide("adjust"),
    leave: () => edges.close(),
    "start-here": () => edges.setHere("start"),
    "end-here": () => edges.setHere("end"),
    unsure: () => decide("unsure"),
    note: writeNote,
    undo,
  };
  document.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());
  bind([
    { keys: ["a"], does: "Accept: the tag is there", once: true, run: acts.accept },
    { keys: ["r"], does: "Reject: the tag is not there", once: true, run: acts.reject },
    { keys: ["e"], does: "Adjust: move the span's edges; again, the other edge", once: true, run: acts.adjust },
    { keys: ["Enter"], does: "Adjusting: keep the edges", once: true, when: () => edges.draft !== null, run: acts.keep },
    { keys: ["s"], does: "Not sure", once: true, run: acts.unsure },
    { keys: ["n"], does: "Decide with a note", run: acts.note },
    { keys: ["u"], does: "Take the last decision back", once: true, run: acts.undo },
  ]);
}
