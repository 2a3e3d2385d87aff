// The box for queries: completes tags and words, counts what would be found, shows mistakes.
// A combobox with a list, as WAI-ARIA's authoring practices describe it.

import { ask, overtaken } from "./api.js";
import { make, need, settled } from "./dom.js";
import { sayError } from "./say.js";

const WAIT_MS = 120;

/** Make the box live; `asked` is called when a readable query has been typed. */
export function queryBox(asked) {
  const box = need("#query");
  const list = need("#options");
  const told = need("#count");
  const mistake = need("#mistake");
  let under_way = new AbortController();
  let at = -1;
  let answer = { items: [], start: 0, end: 0 };

  const look = settled(async () => {
    under_way.abort();
    under_way = new AbortController();
    const { signal } = under_way;
    try {
      await Promise.all([complete(signal), count(signal)]);
    } catch (error) {
      if (!overtaken(error)) sayError(error);
    }
  }, WAIT_MS);

  async function complete(signal) {
    answer = await ask("/query/complete", { text: box.value, cursor: box.selectionStart }, signal);
    at = -1;
    list.replaceChildren(...answer.items.map(option));
    open(answer.items.length > 0 && document.activeElement === box);
  }

  async function count(signal) {
    const shots = box.dataset.counts === "shots" ? "true" : null;
    if (shots && !box.value.trim()) return asked(box.value);
    try {
      const found = await ask("/query/count", { query: box.value, shots }, signal);
      right();
      told.textContent = counted(found[box.dataset.counts]);
      asked(box.value);
    } catch (error) {
      if (error.status !== 422 && error.status !== 400) throw error;
      wrong(error);
    }
  }

  function right() {
    box.removeAttribute("aria-invalid");
    mistake.hidden = true;
  }

  // While somebody types, most mistakes are words that are not finished: shown, not read out.
  function wrong(error) {
    box.setAttribute("aria-invalid", "true");
    mistake.hidden = false;
    mistake.textContent = pointed(error);
    told.textContent = "";
  }

  function option(one, number) {
    const item = make(
      "li",
      { id: `option-${number}`, role: "option", "aria-selected": "false" },
      make("span", {}, one.text),
      make("span", { class: "soft small" }, one.kind),
    );
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      take(number);
    });
    return item;
  }

  function open(wanted) {
    list.hidden = !wanted;
    box.setAttribute("aria-expanded", String(wanted));
    choose(wanted ? at : -1);
  }

  function choose(number) {
    at = number;
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
    if (at < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function take(number) {
    box.setRangeText(answer.items[number].text, answer.start, answer.end, "end");
    open(false);
    look();
  }

  const keys = {
    ArrowDown: () => choose((at + 1) % list.children.length),
    ArrowUp: () => choose((at <= 0 ? list.children.length : at) - 1),
    Enter: () => at >= 0 && take(at),
    Tab: () => at >= 0 && take(at),
    Escape: () => open(false),
  };
  box.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown" && list.children.length) open(true);
      return;
    }
    if (!(event.key in keys)) return;
    if (keys[event.key]() !== false) event.preventDefault();
  });
  box.addEventListener("input", look);
  box.addEventListener("blur", () => open(false));
  return box;
}

/** The message, and the query with a caret under the mistake. */
function pointed(error) {
  const { column } = error.problem;
  if (column === undefined) return error.message;
  return `${error.message}\n  ${need("#query").value}\n  ${" ".repeat(column)}^`;
}

function counted(total) {
  return total.count.toLocaleString("en") + (total.capped ? "+" : "");
}
