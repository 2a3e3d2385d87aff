// The JSON API: one way to ask it, and one kind of error that carries what it said.

import { need } from "./dom.js";

const ROOT = "/api/v1";

/** A refusal: `problem` is the problem+json that came with it. */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the server answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** The address of something in the API, with the parameters that are not null. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined) query.set(key, value);
  }
  const text = query.toString();
  return ROOT + path + (text && `?${text}`);
}

/** The picture of a film at a time. */
export function frameAddress(film_id, at_us, width, exact = false) {
  return address(`/films/${film_id}/frame`, { at_us, width, exact: exact ? "true" : null });
}

export function ask(path, parameters, signal) {
  return answered(address(path, parameters), { signal });
}

export function send(method, path, body) {
  const headers = own();
  if (typeof body === "string") headers["Content-Type"] = "application/toml";
  else if (!(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body ?? {});
  }
  return answered(ROOT + path, { method, headers, body });
}

export function logOut() {
  return answered("/logout", { method: "POST", headers: own() });
}

/** What shows that a change comes from this page, and not from another that is open. */
export function own() {
  return { "X-CSRF-Token": need('meta[name="csrf-token"]').content };
}

async function answered(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  const text = await answer.text();
  const json = (answer.headers.get("Content-Type") || "").includes("json");
  const body = json && text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

/** Whether an error only says that a newer request took an older one's place. */
export function overtaken(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
