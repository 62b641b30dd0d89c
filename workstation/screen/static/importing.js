// Shows how far an import is; the page comes again when it is done.
(() => {
  "use strict";
  const card = document.querySelector("#running");
  if (!card) return;
  const bar = card.querySelector("#bar"), far = card.querySelector("#far");
  const timer = setInterval(async () => {
    try {
      const answer = await fetch(card.dataset.progress, {cache: "no-store", redirect: "error"});
      const state = await answer.json();
      if (state.total) {
        bar.max = state.total;
        bar.value = state.at;
      }
      if (state.text) far.textContent = state.text;
      if (state.done) {
        clearInterval(timer);
        location.reload();
      }
    } catch {
      if (!card.isConnected) clearInterval(timer);  // locked, or the program has ended; else it is asked again
    }
  }, 700);
})();
