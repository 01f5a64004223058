// Searching and sorting the library.

const list = document.getElementById("runs");
if (list) {
  const runs = [...list.children];
  const search = document.getElementById("search");
  const order = document.getElementById("order");
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const run of runs) {
      run.hidden = !words.every((word) => run.dataset.text.includes(word));
      count += !run.hidden;
    }
    const by = {
      title: (a, b) => a.dataset.title.localeCompare(b.dataset.title),
      match: (a, b) => b.dataset.match - a.dataset.match,
      changed: (a, b) => b.dataset.changed - a.dataset.changed,
    }[order.value];
    list.append(...runs.toSorted(by));
    document.getElementById("count").textContent = `${count} ${count === 1 ? "run" : "runs"}`;
  };
  search.addEventListener("input", show);
  order.addEventListener("change", show);
  search.form.addEventListener("submit", (event) => event.preventDefault());
}
