// Parts of a page taken from the server anew: every list is rendered there, and only there.

/** Fetch a page and read it without running anything in it. */
export async function fetchPage(url, options = {}) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok) {
    const told = read.querySelector("main p")?.textContent;
    throw new Error(told || `The server answered ${answer.status}.`);
  }
  return read;
}

/** Put the newly read elements of this selector in the place of the old ones, one for one. */
export function swap(read, ...selectors) {
  for (const selector of selectors) {
    const [before, after] = [document.querySelector(selector), read.querySelector(selector)];
    if (before && after) before.replaceWith(after);
  }
}
