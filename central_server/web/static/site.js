// Everything works without this file. It makes a few things nicer.
"use strict";
document.addEventListener("change", (event) => {
  // A choice that has a form of its own is sent at once.
  if (event.target.matches("form[data-at-once] select")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.ask;
  if (asked && !confirm(asked)) { event.preventDefault(); return; }
  // Nobody sends a form twice by being impatient.
  for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; }, 0);
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button[disabled]")) button.disabled = false;
});
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const part of document.querySelectorAll("[data-watch]")) {
  // Something is waited for: show it when it is there, without moving anything before.
  const look = async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const now = page.querySelector("main section");
      if (now && now.innerHTML.trim() !== part.innerHTML.trim()) {
        part.innerHTML = now.innerHTML;
        if (!("watch" in now.dataset)) return;
      }
    } catch { /* no network: look again */ }
    setTimeout(look, part.dataset.watch * 1000);
  };
  setTimeout(look, part.dataset.watch * 1000);
}
