// The keys of a page: each is bound once, with what it does, and `?` lists them.

import { make, need } from "./dom.js";

const bound = [];

/**
 * Bind keys: `{keys: ["j"], does: "Next film", run}`, the names being those of KeyboardEvent.key.
 * With `once`, a key that is held down counts once. With `when()`, an entry counts only while that
 * is true: what is bound first goes first.
 */
export function bind(entries) {
  bound.push(...entries);
}

export function listen() {
  bind([{ keys: ["?"], does: "Show these keys", run: show }]);
  need("#show-keys").addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const entry = bound.find((one) => one.keys.includes(event.key) && (one.when?.() ?? true));
    if (!entry || owns(event.target, event.key)) return;
    event.preventDefault();
    if (!(event.repeat && entry.once)) entry.run(event);
  });
}

function typing(target) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=checkbox], [type=radio], [type=button])");
}

// A focused link or button keeps the keys that work it, a player its own. Space works a button that
// was come to by keys: after a click on one, it is the film's again.
function owns(target, key) {
  if (target.closest("video")) return key.length > 1;
  if (key === " ") return target.matches("button:focus-visible, summary:focus-visible");
  return key === "Enter" && target.closest("a, button, summary") !== null;
}

const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

function show() {
  const dialog = need("#keys");
  const list = need("dl", dialog);
  list.replaceChildren();
  // What counts only at times is bound first, and told last.
  for (const entry of bound.toSorted((one, other) => Boolean(one.when) - Boolean(other.when))) {
    const names = entry.keys.map((key) => make("kbd", {}, NAMES[key] || key));
    list.append(
      make("dt", {}, ...names.flatMap((name, n) => (n ? [" ", name] : [name]))),
      make("dd", {}, entry.does),
    );
  }
  dialog.showModal();
}
