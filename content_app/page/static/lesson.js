// Makes the page quicker to use: number keys for fingers, "/" to get below the line, one submit for a double click.
// Nothing here is needed: without it every form and link of the page works.
"use strict";

(() => {
  const form = document.querySelector("form.question");
  const boxes = form ? [...form.querySelectorAll(".sum input")] : [];
  const touch = matchMedia("(pointer: coarse)").matches;
  let current = boxes[0];

  for (const once of document.querySelectorAll("form[data-once]")) {
    once.addEventListener("submit", (event) => {
      if (once.dataset.sent) event.preventDefault();
      once.dataset.sent = "yes";
    });
  }
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  if (!form) return;

  for (const box of boxes) {
    box.addEventListener("focus", () => {
      current = box;
    });
    box.addEventListener("keydown", (event) => {
      const other = { "/": boxes[1], ArrowDown: boxes[1], ArrowUp: boxes[0] }[event.key];
      if (other && boxes.length > 1) {
        event.preventDefault();
        other.focus();
      }
    });
  }
  form.addEventListener("submit", (event) => {
    if (boxes[0].value.trim() === "") {
      event.preventDefault();
      delete form.dataset.sent;
      boxes[0].focus();
    }
  });

  if (touch) {
    for (const box of boxes) box.inputMode = "none";
    const pad = form.querySelector(".pad");
    pad.hidden = false;
    form.classList.add("with-pad");
    pad.addEventListener("click", (event) => {
      const key = event.target.closest("button");
      if (!key || key.type === "submit") return;
      const added = key.dataset.key || "";
      const text = current.value;
      current.value = added ? (text + added).slice(0, current.maxLength) : text.slice(0, -1);
    });
  }
})();
