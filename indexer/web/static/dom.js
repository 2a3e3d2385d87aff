// Elements made from values. What comes from outside is only ever text or an attribute.

/** Make an element; `attributes` that are null or false are left out, true ones are empty. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Find what the page must have; a page without it is broken, and says which part. */
export function need(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** The numbers that a page's element carries as data attributes. */
export function numberOf(element, name) {
  return Number(element.dataset[name]);
}

/** Run `work` once `wait_ms` have passed without another call; the last arguments count. */
export function settled(work, wait_ms) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), wait_ms);
  };
}
