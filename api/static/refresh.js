// Puts the moving parts of the overview in place of the old ones every few seconds. The page works without it.
"use strict";

const connection = document.getElementById("connection");
const text = document.getElementById("connection-text");
const seconds = Number(connection.dataset.seconds);
let shown = text.textContent;

function replace(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const open = [...old.querySelectorAll("details[open]")].map((element) => element.id);
  const scrolled = [...old.querySelectorAll(".scroll")].map((element) => element.scrollLeft);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? [...old.querySelectorAll(focused.tagName)].indexOf(focused) : -1;
  for (const element of fresh.querySelectorAll("details")) element.open = open.includes(element.id);
  old.replaceChildren(...fresh.childNodes);
  old.querySelectorAll(".scroll").forEach((element, index) => { element.scrollLeft = scrolled[index] || 0; });
  if (!focused) return;
  const same = [...old.querySelectorAll(focused.tagName)];
  const address = focused.getAttribute("href");
  const target = (address && same.find((element) => element.getAttribute("href") === address)) || same[place];
  if (target) target.focus({ preventScroll: true });
}

function lost(why) {
  connection.classList.add("is-lost");
  text.textContent = `${why}. ${shown.replace("As of", "Shown as of")}; trying again.`;
}

async function refresh() {
  if (document.hidden) return;
  // Text that somebody is marking to copy it stays where it is.
  const selection = document.getSelection();
  if (selection && !selection.isCollapsed) return;
  try {
    const answer = await fetch(connection.dataset.fragment, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(9000) });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) { lost(answer.status === 503 ? "The database does not answer" : "The server has a problem"); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const found = fresh.getElementById(old.id);
      if (found) replace(old, found);
    }
    shown = `As of ${fresh.getElementById("as-of").textContent}`;
    connection.classList.remove("is-lost");
    text.textContent = shown;
  } catch (error) {
    lost("The server does not answer");
  }
}

(async function forever() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await refresh();
  }
})();
