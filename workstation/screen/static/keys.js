// The keyboard layer. Everything it does can be done without it; it clicks what stands on the page.
(() => {
  "use strict";
  const body = document.body;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const rows = all("tr[data-row]");
  const acts = one("#acts");

  // the marked row
  let here = -1;
  function mark(index, focus) {
    if (!rows.length) return;
    if (here >= 0) rows[here].classList.remove("here");
    here = Math.max(0, Math.min(rows.length - 1, index));
    rows[here].classList.add("here");
    if (focus) {
      one("a.tip", rows[here]).focus({preventScroll: true});
      rows[here].scrollIntoView({block: "nearest"});
    }
  }
  rows.forEach((row, index) => row.addEventListener("focusin", () => mark(index, false)));
  mark(Math.max(0, rows.findIndex((row) => "#t" + row.dataset.row === location.hash)), false);

  // choosing
  const boxes = rows.map((row) => one("input[name=tip]", row));
  const everything = one("#all"), said = one("#chosen");
  function tell() {
    const number = boxes.filter((box) => box.checked).length;
    boxes.forEach((box, index) => rows[index].classList.toggle("chosen", box.checked));
    if (everything) {
      everything.checked = number === boxes.length;
      everything.indeterminate = number > 0 && number < boxes.length;
    }
    if (said) said.textContent = number === 0 ? said.dataset.none : number === 1 ? said.dataset.one : said.dataset.many.replace("{n}", number);
  }
  function chooseAll(state) {
    boxes.forEach((box) => { box.checked = state; });
    tell();
  }
  let last = null;
  boxes.forEach((box, index) => box.addEventListener("click", (event) => {
    if (event.shiftKey && last !== null) {
      for (let at = Math.min(last, index); at <= Math.max(last, index); at += 1) boxes[at].checked = box.checked;
    }
    last = index;
    tell();
  }));
  if (everything) {
    everything.closest("[hidden]").hidden = false;
    everything.addEventListener("change", () => chooseAll(everything.checked));
  }
  if (rows.length) tell();

  // the sheets of the bar: one open at a time
  const sheets = all("details.act");
  function shut(except) {
    sheets.forEach((sheet) => { if (sheet !== except) sheet.open = false; });
  }
  function enter(sheet) {
    shut(sheet);
    const field = one("select, input, textarea", sheet);
    if (field) field.focus();
  }
  sheets.forEach((sheet) => sheet.addEventListener("toggle", () => {
    if (sheet.open && !sheet.contains(document.activeElement.closest(".sheet"))) enter(sheet);
  }));
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("details.act")) shut(null); });
  if (acts) acts.addEventListener("submit", () => {
    if (!boxes.length) return;
    if (!boxes.some((box) => box.checked)) boxes[here].checked = true;
    const end = boxes.reduce((at, box, index) => (box.checked ? index : at), 0);
    const next = rows.slice(end + 1).concat(rows.slice(0, end).reverse()).find((row) => !one("input[name=tip]", row).checked);
    acts.elements.then.value = next ? next.dataset.row : "";
  });
  function apply(sheet) {
    acts.requestSubmit(one("button[name=do]", sheet));
  }
  sheets.forEach((sheet) => sheet.addEventListener("keydown", (event) => {
    const field = event.target;
    const sends = field.matches("select, input") || (field.matches("textarea") && event.ctrlKey);
    if (event.key === "Enter" && sends) { event.preventDefault(); apply(sheet); }
  }));
  all("details.act select").forEach((field) => field.addEventListener("dblclick", () => apply(field.closest("details"))));

  // a keyboard user at 200 % has no room for open filters
  const filters = one("details.filters");
  if (filters && window.innerWidth < 960) filters.open = false;

  // keys
  function press(name) {
    const target = all("[data-key]").find((found) => found.dataset.key === name && (found.offsetParent || found.tagName === "DETAILS"));
    if (!target) return false;
    if (target.tagName === "DETAILS") {
      target.open = !target.open;
      if (target.open) enter(target); // at once: the next letter is meant for the field
    }
    else if (target.tagName === "INPUT") { target.focus(); target.select(); }
    else target.click();
    return true;
  }
  const moves = {
    j: () => mark(here + 1, true), ArrowDown: () => mark(here + 1, true),
    k: () => mark(here - 1, true), ArrowUp: () => mark(here - 1, true),
    o: () => one("a.tip", rows[here]).click(),
    Enter: () => one("a.tip", rows[here]).click(),
    " ": () => { boxes[here].checked = !boxes[here].checked; tell(); },
    A: () => chooseAll(!boxes.every((box) => box.checked)),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target;
    if (event.key === "Escape") {
      const sheet = target.closest("details.act");
      if (sheet) { sheet.open = false; one("summary", sheet).focus(); } else { shut(null); if (target !== body) target.blur(); }
      return;
    }
    if (body.dataset.shortcuts !== "on") return;
    const typing = target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=hidden])");
    if (typing) return;
    if (rows.length && moves[event.key]) {
      const pressed = target.closest("button, summary, a, input");
      if ((event.key === "Enter" || event.key === " ") && pressed && !pressed.matches("a.tip, input[name=tip]")) return;
      if (event.key === "Enter" && pressed && pressed.matches("a.tip")) return;
      if (event.key === " " && pressed && pressed.matches("input[name=tip]")) return;
      event.preventDefault();
      moves[event.key]();
      return;
    }
    if (press(event.key)) event.preventDefault();
  });

  // words to black out, and paper
  all("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => window.print()); });
})();
