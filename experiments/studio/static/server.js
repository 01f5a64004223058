// Requests to the studio; what it refuses is said on the page.

const meta = (name) => document.querySelector(`meta[name=${name}]`).content;

export const readOnly = meta("read-only") === "yes";

async function answer(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, redirect: "error" });
  } catch {
    throw new Error("The studio does not answer: start it again with 'patchwright studio'.");
  }
  if (response.ok) return response;
  const text = await response.text();
  let sentence = text;
  try {
    sentence = JSON.parse(text).error ?? text;
  } catch {
    // plain text
  }
  throw new Error(sentence || `The studio answered ${response.status}.`);
}

export const get = async (path) => (await answer(path)).json();
export const fetched = (path) => answer(path);

export async function post(path, content) {
  const blob = content instanceof Blob;
  const response = await answer(path, {
    method: "POST",
    headers: {
      "X-Patchwright-Token": meta("token"),
      "Content-Type": blob ? "application/octet-stream" : "application/json",
    },
    body: blob ? content : JSON.stringify(content),
  });
  return response.json();
}

let fading;

export function say(error) {
  const said = document.getElementById("said");
  said.textContent = error instanceof Error ? error.message : String(error);
  said.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => (said.hidden = true), 8000);
}

export const told =
  (work) =>
  async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      say(error);
    }
  };

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}
