// Hides the page as soon as the screen is locked, or the program has ended. It asks; asking keeps nothing awake.
(() => {
  "use strict";
  const body = document.body;
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (!body.dataset.watch) return;
  const EVERY = 5000, AGAIN = 1000, AWAKE_EVERY = 30000;
  let failures = 0, told = 0;

  function hide(words) {
    document.title = "Tipline";
    const blank = document.createElement("main");
    blank.className = "blank";
    blank.textContent = words;
    body.replaceChildren(blank);
  }

  async function look() {
    try {
      const answer = await fetch(body.dataset.watch, {cache: "no-store", redirect: "error"});
      const state = answer.ok ? await answer.json() : {locked: true};
      failures = 0;
      if (state.locked) {
        hide("");
        location.replace(body.dataset.locked);
      }
    } catch {
      failures += 1;
      if (failures > 1) hide(body.dataset.gone);
      else setTimeout(look, AGAIN);
    }
  }

  function somebodyIsHere() {
    const now = Date.now();
    if (now - told < AWAKE_EVERY) return;
    told = now;
    const form = new URLSearchParams({token: body.dataset.token});
    fetch(body.dataset.awake, {method: "POST", body: form}).then((answer) => { if (!answer.ok) look(); }).catch(look);
  }

  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    document.addEventListener(kind, somebodyIsHere, {passive: true});
  }
})();
