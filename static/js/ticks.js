// The ticks of a list survive paging, filters and a reload, in this tab; without the script they count for one page.
(() => {
  const KEY = "ticks";
  const form = () => document.getElementById("picks");
  const boxes = () => [...document.querySelectorAll("#list .row-check")];
  let ids = null;
  let latest = null;

  /* Those of somebody else who was signed in before are forgotten. */
  function load() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return new Set(kept?.by === form().dataset.by ? kept.ids : []);
    } catch {
      return new Set();
    }
  }

  function save() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ by: form().dataset.by, ids: [...ids] }));
    } catch { /* the browser keeps nothing: they last until the page is left */ }
  }

  function note(box) {
    if (box.checked) ids.add(box.value);
    else ids.delete(box.value);
  }

  function hiddenField(id) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "pick", value: id });
    return field;
  }

  function draw() {
    if (!form()) return;
    ids ??= load();
    const here = boxes();
    here.forEach((box) => { box.checked = ids.has(box.value); });
    const shown = new Set(here.map((box) => box.value));
    const elsewhere = [...ids].filter((id) => !shown.has(id));
    form().querySelector("[data-others]").replaceChildren(...elsewhere.map(hiddenField));
    const count = form().querySelector(".bulk__count");
    count.dataset.count = ids.size;
    const others = form().querySelector("[data-elsewhere]");
    others.hidden = elsewhere.length === 0;
    others.textContent = others.dataset.elsewhere.replace("{}", elsewhere.length);
    form().querySelector(".bulk").toggleAttribute("data-ticked", ids.size > 0);
    const all = document.querySelector("[data-tick-all]");
    const ticked = here.filter((box) => box.checked).length;
    if (all) Object.assign(all, { checked: ticked === here.length, indeterminate: ticked > 0 && ticked < here.length });
  }

  function change(each) {
    ids ??= load();
    each();
    save();
    draw();
  }

  function range(from, to) {
    const here = boxes();
    const ends = [from, to].map((id) => here.findIndex((box) => box.id === id));
    return ends.includes(-1) ? [] : here.slice(Math.min(...ends), Math.max(...ends) + 1);
  }

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("[data-untick]")) return change(() => ids.clear());
    if (!target.matches(".row-check")) return;
    const between = event.shiftKey && latest ? range(latest, target.id) : [];
    between.forEach((box) => { box.checked = target.checked; });
    latest = target.id;
    if (between.length) change(() => between.forEach(note));
  });

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches(".row-check")) change(() => note(target));
    if (!target.matches("[data-tick-all]")) return;
    const here = boxes();
    here.forEach((box) => { box.checked = target.checked; });
    change(() => here.forEach(note));
  });

  /* What was sent is done with; the hidden fields stay until the page is left. */
  document.addEventListener("submit", (event) => {
    if (event.target !== form() || event.submitter?.value !== "picked") return;
    ids = new Set();
    save();
  });

  addEventListener("pageshow", (event) => {
    if (event.persisted) ids = null;
    draw();
  });
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("htmx:oobAfterSwap", draw);
})();
