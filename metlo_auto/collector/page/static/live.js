// Renews what the server rendered: numbers and rows in place, new requests on top, nothing under the pointer.
// The page works without it; it draws nothing of its own and puts in only what the server escaped.
"use strict";
(() => {
  const EVERY = 2000;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const busy = (element) => element.matches(":hover") || element.contains(document.activeElement);

  async function load(address) {
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // cells: only what differs is touched, so that selection and focus elsewhere stay
  function renew(old, fresh) {
    if (old.innerHTML === fresh.innerHTML) return;
    if (old.tagName === "TR" && old.children.length === fresh.children.length) {
      [...fresh.children].forEach((cell, i) => {
        if (old.children[i].innerHTML !== cell.innerHTML && !old.children[i].contains(document.activeElement)) {
          old.children[i].replaceWith(document.importNode(cell, true));
        }
      });
    } else if (!busy(old)) {
      fill(old, fresh);
    }
  }

  function fill(old, fresh) {
    old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  }

  const keys = (list) => new Map([...list.children].map((row) => [row.dataset.key, row]));

  function renewKept(list, fresh) {
    const there = keys(list);
    let added = 0;
    for (const row of fresh.children) {
      const old = there.get(row.dataset.key);
      if (old) renew(old, row);
      else { add(list, row, "append"); added += 1; }
    }
    const order = [...list.children].map((row) => row.dataset.key).join();
    const wanted = [...fresh.children].map((row) => row.dataset.key).join();
    const newer = $("#newer");
    if (newer) newer.hidden = order === wanted;
    if (added) say(`${added} new`);
  }

  function add(list, row, how) {
    const made = document.importNode(row, true);
    made.classList.add("fresh");
    list[how](made);
  }

  const held = new Map();
  function renewNewest(list, fresh) {
    if (busy(list)) {
      held.set(list.id, fresh);
      const there = keys(list);
      const n = [...fresh.children].filter((row) => !there.has(row.dataset.key)).length;
      const button = $(`[data-release="${list.id}"]`);
      if (button && n) { button.textContent = `Show ${n} new`; button.parentElement.hidden = false; }
      return;
    }
    release(list, fresh);
  }

  function release(list, fresh) {
    held.delete(list.id);
    const there = keys(list);
    for (const row of [...fresh.children].reverse()) {
      const old = there.get(row.dataset.key);
      if (old) renew(old, row);
      else add(list, row, "prepend");
    }
    const most = Number(list.dataset.most || 50);
    while (list.children.length > most) list.lastElementChild.remove();
    const button = $(`[data-release="${list.id}"]`);
    if (button) button.parentElement.hidden = true;
  }

  function renewPage(fresh) {
    // another kind of page altogether: the first request came in, or everything was deleted
    if (Boolean($("#inventory")) !== Boolean($("#inventory", fresh))) { location.reload(); return; }
    const empty = $("#inventory .nothing, #list .nothing");
    if (empty && !$("#inventory .nothing, #list .nothing", fresh)) {
      const region = empty.closest("[id]");
      fill(region, fresh.getElementById(region.id));
    }
    for (const part of $$("[data-part]")) {
      const other = fresh.getElementById(part.id);
      if (other) renew(part, other);
    }
    for (const list of $$("[data-rows]")) {
      const other = fresh.getElementById(list.id);
      if (other) (list.dataset.rows === "newest" ? renewNewest : renewKept)(list, other);
    }
  }

  function say(text) { $("#announce").textContent = text; }

  // what changed since
  const pulse = document.body.dataset.live;
  let last = null, still = 0;
  async function beat() {
    try {
      if (!document.hidden) {
        const answer = await fetch(pulse, { credentials: "same-origin" });
        if (answer.status === 401) { location.reload(); return; } // signed out: the page says what to do
        if (!answer.ok) throw new Error(answer.status);
        const { now } = await answer.json();
        still = last === now ? still + 1 : 0;
        // once more a moment later, when what was gathered beside is there; and rates and states change by time alone
        if (still === 1 || still % 5 === 0) renewPage(await load(location.href));
        last = now;
        document.body.classList.remove("away");
      }
    } catch (error) {
      last = null;
      document.body.classList.add("away");
      const state = $("#strip .state");
      if (state) state.textContent = "Collector not reachable";
    }
    setTimeout(beat, EVERY);
  }
  if (pulse) setTimeout(beat, EVERY);

  const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  setInterval(() => {
    for (const time of $$("time[data-ago]")) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      const [size, unit] = UNITS.find(([size]) => seconds >= size) || [0, ""];
      const text = unit ? `${Math.floor(seconds / size)} ${unit} ago` : "now";
      if (time.textContent !== text) time.textContent = text;
    }
  }, 1000);

  for (const form of $$("form[data-submit]")) {
    $(".apply", form).classList.add("unseen");
    form.addEventListener("change", () => form.submit());
  }

  // filters answer while one types; without script the button does it
  for (const form of $$("form[data-filter]")) {
    const target = form.dataset.filter;
    const button = $(".apply", form);
    if (button) button.classList.add("unseen");
    let timer, turn = 0;
    const apply = async () => {
      const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      const address = location.pathname + (String(query) ? `?${query}` : "");
      const mine = ++turn;
      try {
        const fresh = await load(address);
        if (mine !== turn) return;
        history.replaceState(null, "", address);
        const region = document.getElementById(target);
        fill(region, fresh.getElementById(target));
        const found = $(".found, .nothing", region);
        say(found ? found.textContent : "All shown");
      } catch (error) { form.submit(); }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 150); });
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); apply(); });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-release]");
    if (!button) return;
    const list = document.getElementById(button.dataset.release);
    if (held.has(list.id)) release(list, held.get(list.id));
  });
  document.addEventListener("pointerout", (event) => {
    const list = event.target.closest && event.target.closest("[data-rows=newest]");
    if (list && held.has(list.id) && !list.contains(event.relatedTarget)) {
      setTimeout(() => { if (!busy(list) && held.has(list.id)) release(list, held.get(list.id)); }, 300);
    }
  });

  document.addEventListener("keydown", (event) => {
    const field = $("[data-shortcut]");
    if (!field || event.key !== field.dataset.shortcut || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    field.focus();
  });

  // copying
  async function copy(button, text) {
    await navigator.clipboard.writeText(text);
    const label = button.dataset.label || (button.dataset.label = button.textContent);
    button.textContent = "Copied";
    say(`${label}: copied`);
    setTimeout(() => { button.textContent = label; }, 1500);
  }
  for (const button of $$("[data-copy-from]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => copy(button, document.getElementById(button.dataset.copyFrom).textContent));
  }
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-copy]");
    if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      await copy(link, await answer.text());
    } catch (error) { location.href = link.href; }
  });
})();
