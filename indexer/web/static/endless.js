// A list that goes on: the link to the next page is followed before it comes into sight.

import { fetchPage } from "./pages.js";
import { sayError } from "./say.js";

const AHEAD = "1200px";

/** Append page after page to the list; the server's own link to the next page says where. */
export function goOn(list_selector) {
  const seen = new IntersectionObserver(
    (entries) => {
      const link = entries.find((entry) => entry.isIntersecting)?.target;
      if (link && !link.hasAttribute("aria-busy")) append(link);
    },
    { rootMargin: AHEAD },
  );

  async function append(link) {
    link.setAttribute("aria-busy", "true");
    const list = document.querySelector(list_selector);
    try {
      const read = await fetchPage(link.href);
      // The list may have been replaced meanwhile: its rows belong to another question then.
      if (!list.isConnected || !link.isConnected) return;
      list.append(...read.querySelector(list_selector).children);
      const next = read.querySelector("a[rel=next]");
      if (next) {
        link.replaceWith(next);
        seen.observe(next);
      } else {
        link.remove();
      }
    } catch (error) {
      link.removeAttribute("aria-busy");
      sayError(error);
    }
  }

  /** Look at the link that is there now. */
  return () => {
    seen.disconnect();
    const link = document.querySelector("a[rel=next]");
    if (link) seen.observe(link);
  };
}
