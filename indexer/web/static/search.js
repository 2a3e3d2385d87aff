// Search: as the library, over shots; and by a picture of one's own.

import "./library.js";
import { own } from "./api.js";
import { need } from "./dom.js";
import { fetchPage, swap } from "./pages.js";
import { say, sayError } from "./say.js";

const MOST_BYTES = 10 * 2 ** 20;
const field = need("#picture");
field.closest("label").hidden = false;

field.addEventListener("change", async () => {
  const [file] = field.files;
  if (!file) return;
  if (file.size > MOST_BYTES) return say("That picture is larger than 10 MB; choose a smaller one.");
  const body = new FormData();
  body.set("picture", file);
  const results = need("#results");
  results.setAttribute("aria-busy", "true");
  say("Looking at the picture…");
  try {
    swap(await fetchPage("/search/picture", { method: "POST", headers: own(), body }), "#results");
    need("#count").textContent = "";
    say(`${document.querySelectorAll(".hit").length} shots, the most alike first`);
  } catch (error) {
    sayError(error);
  } finally {
    results.removeAttribute("aria-busy");
    field.value = "";
  }
});
