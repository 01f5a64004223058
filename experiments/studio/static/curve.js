// The distance to the target against renders: a calm line that falls.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 400, HEIGHT = 150, EDGE = 3;

export function drawCurve(svg, steps, renders, budget) {
  const right = Math.max(budget ?? 0, renders, 1);
  const top = Math.max(1, ...steps.map(([, distance]) => distance));
  const x = (count) => (count / right) * WIDTH;
  const y = (distance) => EDGE + (1 - distance / top) * (HEIGHT - 2 * EDGE);
  svg.replaceChildren();
  const add = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
  };
  for (const level of [0, 0.25, 0.5, 0.75, 1]) {
    add("path", { class: "grid", d: `M0 ${y(level * top)}H${WIDTH}` });
  }
  if (!steps.length) return;
  let path = `M${x(steps[0][0])} ${y(steps[0][1])}`;
  for (const [count, distance] of steps.slice(1)) path += `H${x(count)}V${y(distance)}`;
  path += `H${x(renders)}`;
  add("path", { class: "fill", d: `${path}V${HEIGHT}H${x(steps[0][0])}Z` });
  add("path", { class: "line", d: path });
}
