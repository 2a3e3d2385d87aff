// What every page does, and then the page's own part.

import { logOut } from "./api.js";
import { need } from "./dom.js";
import { bind, listen as listenToKeys } from "./keys.js";
import { say, sayError } from "./say.js";
import { listen as listenToVeils } from "./veils.js";

const PARTS = new Set(["library", "film", "search", "review", "status", "policy"]);
const root = document.documentElement;

function isDark() {
  const chosen = root.dataset.scheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function otherScheme() {
  const scheme = isDark() ? "light" : "dark";
  root.dataset.scheme = scheme;
  localStorage.setItem("scheme", scheme);
  say(`${scheme === "dark" ? "Dark" : "Light"} colours`);
  document.dispatchEvent(new Event("scheme"));
}

need("#scheme").addEventListener("click", otherScheme);
const places = [...document.querySelectorAll(".bar nav a")];
bind(
  places.map((link, n) => ({
    keys: [String(n + 1)],
    does: link.textContent.trim(),
    run: () => link.click(),
  })),
);
bind([{ keys: ["D"], does: "Light or dark", run: otherScheme }]);

document.querySelector("#log-out")?.addEventListener("click", async () => {
  try {
    await logOut();
    location.assign("/login");
  } catch (error) {
    sayError(error);
  }
});

const { page } = document.body.dataset;
if (PARTS.has(page)) await import(`./${page}.js`);
listenToVeils();
listenToKeys();
// Tests and impatient people wait for this: from here on the page answers to keys.
document.body.dataset.live = "";
