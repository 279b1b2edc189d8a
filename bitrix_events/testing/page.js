// Shows what went out and came in meanwhile, for as long as somebody looks.
const traffic = document.getElementById("traffic");
const state = document.getElementById("state");
let shown = traffic.innerHTML;
let pressed = false; // nothing moves under a finger

function show(html) {
  const open = [...traffic.querySelectorAll("details[open]")].map((item) => item.id);
  const focused = document.activeElement.closest("#traffic details")?.id;
  traffic.innerHTML = html;
  for (const id of open) {
    const item = document.getElementById(id);
    if (item) item.open = true;
  }
  if (focused) document.getElementById(focused)?.querySelector("summary").focus();
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/traffic");
    if (!answer.ok) throw new Error(answer.status);
    const html = await answer.text();
    if (html !== shown && !pressed) {
      show(html);
      shown = html;
    }
    state.textContent = "Live";
    state.className = "live";
  } catch {
    state.textContent = "The portal does not answer any more";
    state.className = "ended";
  }
}

addEventListener("pointerdown", () => (pressed = true));
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false));
look();
setInterval(look, 1000);
