// The strands: alternatives to play, like, breed from and throw out.

import { make } from "./server.js";

const LETTERS = "CDEFGHIJKLMNOPQRSTUVWXYZ";

export const letterOf = (strands, key) => LETTERS[strands.findIndex((strand) => strand.key === key)];

export function drawStrands(list, view, { picture, act, readOnly }) {
  const best = view.steps.at(-1)?.[1] ?? 1;
  const shown = view.strands.map((strand, place) => {
    const letter = LETTERS[place];
    const chosen = !view.follows && strand.key === view.chosen;
    const button = (what, label, sign) => make("button", {
      type: "button", class: `small ${what}`, disabled: readOnly, title: label,
      "aria-label": `${label}: strand ${letter}`, onclick: () => act(what, strand.key),
      ...(what === "like" ? { "aria-pressed": strand.liked } : {}),
    }, sign);
    return make("li", { class: `card${chosen ? " chosen" : ""}${strand.liked ? " liked" : ""}`, "data-key": strand.key },
      make("button", { type: "button", class: "hear", "aria-pressed": chosen,
        "aria-label": `Play strand ${letter}`, onclick: () => act("choose", strand.key) },
        make("img", { src: picture(strand.key), alt: "", loading: "lazy" }),
        make("b", {}, letter),
        make("span", { class: "far" }, strand.distance <= best * 1.001 ? "nearest"
          : `${Math.round((strand.distance / best - 1) * 100)} % farther`)),
      make("div", { class: "acts" }, button("like", "Like", strand.liked ? "♥" : "♡"),
        button("breed", "Breed from this", "Breed"), button("drop", "Throw out", "✕")));
  });
  list.replaceChildren(...shown);
}
