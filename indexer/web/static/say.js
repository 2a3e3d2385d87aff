// A line at the foot of the page that screen readers read out, gone after a while.

import { need } from "./dom.js";

const SHOWN_MS = 6000;
let timer = 0;

export function say(text) {
  const line = need("#said");
  line.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (line.textContent = ""), SHOWN_MS);
}

/** Say what went wrong, in the server's words; it stays until something else is said. */
export function sayError(error) {
  say(error instanceof TypeError ? "The server cannot be reached." : error.message);
  clearTimeout(timer);
}
