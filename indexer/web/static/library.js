// The library: the list follows the query as it is typed, and goes on as it is scrolled.

import { need } from "./dom.js";
import { goOn } from "./endless.js";
import { bind } from "./keys.js";
import { overtaken } from "./api.js";
import { fetchPage, swap } from "./pages.js";
import { queryBox } from "./query-box.js";
import { walk } from "./rows.js";
import { sayError } from "./say.js";

const form = need("#filter");
const box = queryBox(refresh);
const look = goOn("#list");
let under_way = new AbortController();
let shown = location.search;

async function refresh() {
  const search = `?${new URLSearchParams(new FormData(form))}`;
  if (search === shown) return;
  under_way.abort();
  under_way = new AbortController();
  need("#results").setAttribute("aria-busy", "true");
  try {
    const read = await fetchPage(location.pathname + search, { signal: under_way.signal });
    swap(read, "#results");
    shown = search;
    history.replaceState(null, "", search);
    look();
  } catch (error) {
    if (!overtaken(error)) sayError(error);
  } finally {
    need("#results").removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  refresh();
});
form.addEventListener("change", (event) => event.target !== box && refresh());
bind([{ keys: ["/"], does: "Write a query", run: () => box.select() }]);
walk(".walked h2 a", document.body.dataset.page === "search" ? "shot" : "film");
look();
