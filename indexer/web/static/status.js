// The status, kept fresh: the server tells that something changed, and the page is read anew.

import { send } from "./api.js";
import { need } from "./dom.js";
import { fetchPage, swap } from "./pages.js";
import { say, sayError } from "./say.js";

const LEAST_MS = 1000;
let due = false;
let last_ms = 0;

async function refresh() {
  due = false;
  last_ms = performance.now();
  try {
    swap(await fetchPage(location.href), "#live");
  } catch (error) {
    sayError(error);
  }
}

function soon() {
  if (due) return;
  due = true;
  setTimeout(refresh, Math.max(0, LEAST_MS - (performance.now() - last_ms)));
}

const link = need("#link");
const events = new EventSource("/api/v1/events");
events.addEventListener("open", () => (link.textContent = "live"));
events.addEventListener("error", () => (link.textContent = "not connected, trying again"));
events.addEventListener("status", soon);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-retry]");
  if (!button) return;
  button.disabled = true;
  try {
    await send("POST", `/jobs/${button.dataset.retry}/retry`);
    say("It will be tried again.");
    await refresh();
  } catch (error) {
    button.disabled = false;
    sayError(error);
  }
});
