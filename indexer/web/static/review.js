// The review queue: decide, and the next span stands there.

import { ask } from "./api.js";
import { deciding } from "./decide.js";
import { need } from "./dom.js";
import { Edges } from "./edges.js";
import { timelineFacts } from "./facts.js";
import { bind } from "./keys.js";
import { fetchPage, swap } from "./pages.js";
import { sayError } from "./say.js";

async function show(url) {
  try {
    const read = await fetchPage(url);
    edges.close();
    swap(read, "#case", "#said-so-far");
    history.replaceState(null, "", url);
  } catch (error) {
    sayError(error);
  }
}

const follow = (rel) => {
  const link = document.querySelector(`#case a[rel=${rel}]`);
  if (link) show(link.href);
};

const current = () => document.querySelector("#case .claim[data-start]");
const edges = new Edges({
  current,
  shots: async (film_id) => {
    const answer = await ask(`/films/${film_id}/timeline`);
    return timelineFacts(answer, [], need("#edges").dataset.sensitive.split("|")).shots;
  },
});
deciding(current, edges, () => show(location.href));
need("#policy").addEventListener("change", (event) => event.target.form.requestSubmit());
document.addEventListener("click", (event) => {
  const link = event.target.closest("#case a[rel=next], #case a[rel=prev]");
  if (!link) return;
  event.preventDefault();
  show(link.href);
});
bind([
  { keys: ["j", "ArrowRight"], does: "Skip to the next span", run: () => follow("next") },
  { keys: ["k", "ArrowLeft"], does: "Back to the span before", run: () => follow("prev") },
  { keys: ["Enter"], does: "Open the film there", run: () => document.querySelector("#case .open")?.click() },
]);
