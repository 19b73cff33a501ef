"use strict";
// Draws what the data of the page holds. Text of the document goes into the page as text nodes only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const text = (index) => data.strings[index];
  const byId = (id) => document.getElementById(id);

  /** An element: `h("td.note", {title: "..."}, "text", child)`. */
  const h = (name, attributes, ...children) => {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value !== null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };

  const copyButton = (value, label) =>
    h("button.copy", { type: "button", "aria-label": label, click: (event) => copy(event.currentTarget, value) }, "Copy");

  const copy = async (button, value) => {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // Not a secure context, or refused: the older way.
      const area = h("textarea.hidden-text", { "aria-hidden": "true", tabindex: "-1" });
      area.value = value;
      document.body.append(area);
      area.select();
      isCopied = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = isCopied ? "Copied" : "Press Ctrl+C";
    byId("status").textContent = isCopied ? "Copied" : "It could not be copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  };

  // --- Endpoints ---

  /** A type with its named dims marked up: `int64[batch, time]`. */
  const typeText = (type) => {
    const open = type.indexOf("[");
    if (open < 0) return [type];
    const parts = [type.slice(0, open + 1)];
    type.slice(open + 1, -1).split(", ").forEach((dim, index) => {
      if (index) parts.push(", ");
      parts.push(/^[A-Za-z_]/.test(dim) ? h("span.dim", { "data-dim": dim }, dim) : dim);
    });
    return [...parts, "]"];
  };

  const GIVEN = 1;
  const PART = 2;

  const treeRow = ([depth, key, type, flags = 0, wire = 0, note = 0, description = 0]) => {
    const isGroup = wire === 0 && flags === 0 && !text(type).includes("[");
    const guides = Array.from({ length: depth }, () => h("span.in"));
    const cells = [
      h("th", { scope: "row" }, ...guides, text(key)),
      h("td", isGroup ? { class: "kindword" } : null, ...typeText(text(type))),
      h("td", flags & GIVEN ? null : { class: "derived" }, text(wire)),
    ];
    const notes = h("td", null, note ? h("span.note", null, text(note)) : "", description ? h("span.say", null, text(description)) : "");
    return h("tr" + (isGroup ? ".group" : flags & PART ? ".part" : ""), null, ...cells, notes);
  };

  const tree = (title, rows, none) => {
    const leaves = rows.filter(([, , type, flags = 0]) => !(flags & PART) && text(type).includes("[")).length;
    const head = h("h4", null, title, h("small", null, String(leaves)));
    if (!rows.length) return h("div", null, head, h("p.derived", null, none));
    const columns = ["path", "type", "wire name", "notes"].map((word) => h("th", { scope: "col" }, word));
    const body = h("tbody", null, ...rows.map(treeRow));
    return h("div", null, head, h("table.tree", null, h("thead", null, h("tr", null, ...columns)), body));
  };

  const calls = (endpoint, index) => {
    if (!endpoint.calls.length) return null;
    const shown = endpoint.calls.map(([title, lines]) => [text(title), lines.map(text).join("\n")]);
    const panel = h("pre.live", { role: "tabpanel", tabindex: "0", id: `call-${index}` });
    let chosen = 0;
    const tabs = shown.map(([title], at) =>
      h("button", { type: "button", role: "tab", "aria-controls": panel.id, id: `tab-${index}-${at}`, click: () => choose(at) }, title));
    const choose = (at) => {
      chosen = at;
      tabs.forEach((tab, each) => {
        tab.setAttribute("aria-selected", String(each === at));
        tab.tabIndex = each === at ? 0 : -1;
      });
      panel.setAttribute("aria-labelledby", tabs[at].id);
      panel.textContent = shown[at][1];
    };
    choose(0);
    const list = h("div.tablist", { role: "tablist", "aria-label": "Calls", keydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const end = { Home: 0, End: tabs.length - 1 }[event.key];
      if (step === undefined && end === undefined) return;
      event.preventDefault();
      choose(end ?? (chosen + step + tabs.length) % tabs.length);
      tabs[chosen].focus();
    } }, ...tabs);
    const button = h("button.copy", { type: "button", "aria-label": "Copy the call", click: (event) => copy(event.currentTarget, shown[chosen][1]) }, "Copy");
    const printed = shown.map(([title, code]) => h("div.printed", null, h("pre", null, `# ${title}\n${code}`)));
    return h("div.calls", null, h("div.tabs", null, list, button), panel, ...printed);
  };

  const argumentWords = (endpoint) => endpoint.inputs.filter(([depth]) => depth === 0).map(([, key]) => text(key)).join(", ");

  const facts = (endpoint) => {
    const rows = [];
    const add = (word, ...values) => rows.push(h("dt", null, word), h("dd", null, ...values));
    const keys = endpoint.ways.map(([key, note]) => h("code.key", null, text(key), note ? h("small", null, text(note)) : ""));
    add("Signatures", ...(keys.length ? keys : ["none"]));
    add("Python", h("code", null, `${endpoint.object}(${argumentWords(endpoint)})`));
    if (endpoint.dims.length) {
      add("Dims", ...endpoint.dims.map((index) => {
        const [name, bounds, description] = data.dims[index];
        const attributes = { type: "button", "data-dim": text(name), "aria-pressed": "false", title: text(description) || null };
        return h("button.chip", attributes, text(name), bounds ? h("small", null, text(bounds)) : "");
      }));
    }
    if (endpoint.defaults) add("Defaults", text(endpoint.defaults));
    return h("dl.strip", null, ...rows);
  };

  const markDims = (card) => {
    let pinned = null;
    const mark = (name) => {
      for (const each of card.querySelectorAll("[data-dim]")) {
        each.classList.toggle("on", name !== null && each.dataset.dim === name);
        if (each.tagName === "BUTTON") each.setAttribute("aria-pressed", String(each.dataset.dim === pinned));
      }
    };
    const dimOf = (event) => event.target.closest?.("[data-dim]")?.dataset.dim ?? null;
    for (const type of ["pointerover", "focusin"]) card.addEventListener(type, (event) => mark(dimOf(event) ?? pinned));
    for (const type of ["pointerleave", "focusout"]) card.addEventListener(type, () => mark(pinned));
    card.addEventListener("click", (event) => {
      const dim = dimOf(event);
      if (dim === null) return;
      pinned = pinned === dim ? null : dim;
      mark(pinned);
    });
  };

  const cards = new Map();

  const draw = (card) => {
    const { endpoint, element, index } = card;
    if (card.isDrawn) return;
    card.isDrawn = true;
    const trees = h("div.trees", null, tree("Inputs", endpoint.inputs, "It takes no inputs."), tree("Outputs", endpoint.outputs, "It returns nothing."));
    const description = endpoint.description ? h("p", null, text(endpoint.description)) : null;
    element.append(h("div.body", null, description, facts(endpoint), trees, calls(endpoint, index)));
    markDims(element);
  };

  const drawCards = () => {
    data.endpoints.forEach((row, index) => {
      const [name, line, description, badges, ways, inputs, outputs, dims, defaults, codes, object] = row;
      const endpoint = { name, line, description, ways, inputs, outputs, dims, defaults, calls: codes || [], object: text(object) };
      const words = badges.map((badge) => h("span.badge" + (text(badge) === "default" ? ".default" : ""), null, text(badge)));
      const id = `endpoint-${text(name)}`;
      const anchor = h("a.anchor", { href: `#${encodeURIComponent(id)}`, "aria-label": `Link to ${text(name)}` }, "#");
      const summary = h("summary", null, h("h3", null, text(name)), ...words, h("span.line", null, text(line)), anchor);
      const element = h("details.endpoint", { id }, summary);
      const card = { endpoint, element, index, isDrawn: false };
      element.addEventListener("toggle", () => { if (element.open) draw(card); });
      cards.set(id, card);
      byId("endpoints").append(element);
    });
  };

  const open = (card) => {
    draw(card);
    card.element.open = true;
  };

  const idOfHash = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };

  const follow = () => {
    const id = idOfHash();
    if (cards.has(id)) open(cards.get(id));
    const target = id && byId(id);
    if (target) target.scrollIntoView();
    for (const link of document.querySelectorAll(".side a")) {
      const isHere = id !== "" && link.getAttribute("href") === location.hash;
      link.classList.toggle("here", isHere);
      if (isHere) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // --- The filter, and the keyboard ---

  const links = [...document.querySelectorAll(".side nav a")];
  const field = byId("filter");
  const wireNames = (row) => [...row[5], ...row[6]].map(([, , , , wire = 0]) => text(wire)).filter(Boolean);

  const filter = () => {
    const wanted = field.value.trim().toLowerCase();
    let count = 0;
    links.forEach((link) => {
      const row = link.dataset.endpoint === undefined ? null : data.endpoints[link.dataset.endpoint];
      if (!row) return;
      const isNamed = text(row[0]).toLowerCase().includes(wanted);
      const hit = wanted && !isNamed ? wireNames(row).find((name) => name.toLowerCase().includes(wanted)) : undefined;
      const line = link.querySelector("span");
      line.textContent = hit ?? text(row[1]);
      line.classList.toggle("hit", hit !== undefined);
      link.parentElement.hidden = !isNamed && hit === undefined;
      count += link.parentElement.hidden ? 0 : 1;
    });
    byId("nothing").hidden = count > 0;
    byId("status").textContent = wanted ? `${count} of ${data.endpoints.length} endpoints` : "";
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches("input[type=search], textarea");
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    const isInList = event.target.matches(".side nav a");
    if (event.target === field && event.key === "Escape") {
      field.value = "";
      filter();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !(isInList || event.target === field)) return;
    event.preventDefault();
    const shown = links.filter((link) => link.offsetParent !== null);
    const next = shown.indexOf(event.target) + step;
    if (next < 0) field.focus();
    else shown[Math.min(next, shown.length - 1)]?.focus();
  };

  // --- Start ---

  drawCards();
  const first = [...cards.values()];
  const chosen = first.find((card) => card.endpoint.name === data.default) ?? first[0];
  if (first.length <= 3) first.forEach(open);
  else if (chosen && !location.hash) open(chosen);
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button, button.dataset.copy));
  field.addEventListener("input", filter);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => {
    for (const card of cards.values()) {
      card.wasOpen = card.element.open;
      open(card);
    }
  });
  addEventListener("afterprint", () => {
    for (const card of cards.values()) card.element.open = card.wasOpen;
  });
  follow();
})();
