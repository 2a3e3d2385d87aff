// Going through a list by keys: j and k move the focus, Enter follows it as ever.

import { bind } from "./keys.js";

export function walk(selector, what) {
  const step = (by) => {
    const links = [...document.querySelectorAll(selector)];
    const row = document.activeElement?.closest(".walked");
    const now = links.findIndex((link) => row?.contains(link));
    const next = links[Math.max(0, Math.min(links.length - 1, now < 0 ? 0 : now + by))];
    next?.focus();
    next?.closest(".walked").scrollIntoView({ block: "nearest" });
  };
  bind([
    { keys: ["j", "ArrowDown"], does: `Next ${what}`, run: () => step(1) },
    { keys: ["k", "ArrowUp"], does: `Previous ${what}`, run: () => step(-1) },
  ]);
}
