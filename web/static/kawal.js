// What makes the pages more comfortable. Everything works without it, and it
// keeps nothing.
"use strict";
(() => {
  const each = (selector, fn) => document.querySelectorAll(selector).forEach(fn);

  // Leaving replaces this page in the history.
  each("[data-exit]", (a) => a.addEventListener("click", (e) => {
    e.preventDefault();
    document.documentElement.hidden = true;
    location.replace(a.href);
  }));

  // What is wrong is read first, and leads into the field.
  each("[data-focus]", (box) => {
    box.focus();
    box.addEventListener("click", (e) => {
      const field = e.target.hash && document.getElementById(e.target.hash.slice(1));
      if (field) { e.preventDefault(); field.focus(); }
    });
  });

  each("[data-print]", (b) => {
    b.hidden = false;
    b.addEventListener("click", () => print());
  });

  // Name and address are asked only of who gives them.
  each("form[data-identity]", (f) => {
    const person = f.querySelector("[data-person]");
    const open = f.querySelector("[data-open]");
    const turn = () => {
      person.hidden = f.elements.identity.value === "none";
      open.hidden = f.elements.identity.value !== "open";
    };
    f.addEventListener("change", turn);
    turn();
  });

  // A second click sends nothing twice.
  each("[data-once]", (b) => b.form.addEventListener("submit", (e) => {
    if (b.form.dataset.sent) { e.preventDefault(); }
    b.form.dataset.sent = "1";
    addEventListener("pageshow", () => delete b.form.dataset.sent, { once: true });
  }));

  // What takes a while says so.
  each("[data-busy]", (b) => b.form.addEventListener("submit", () => {
    const line = document.createElement("p");
    line.setAttribute("role", "status");
    line.textContent = b.dataset.busy;
    b.after(line);
  }));

  // Long work goes on by itself, and says how far it has come.
  const goOn = async () => {
    const form = document.querySelector("form[data-continue]");
    if (!form) { return; }
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-progress]");
    if (!answer.ok || !next) { form.submit(); return; }
    document.querySelector("[data-progress]").replaceWith(next);
    setTimeout(goOn, 300);
  };
  goOn();

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/sw.js").catch(() => {});
  }
})();
