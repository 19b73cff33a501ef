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

  // Of a row of a tree: the wire name was given; it is a part of a composite; it is gone; it is new.
  const [GIVEN, PART, GONE, NEW] = [1, 2, 4, 8];
  const WORDS = { "+": "added", "-": "removed", "~": "changed" };

  /** A change: its sign and its words, and on request both sides and a call that breaks. */
  const change = (index, isListed) => {
    const [rule, judgement, sign, message, reason, hint, lines, endpoint, call] = data.changes[index];
    const word = h("span.sign", null, `${text(sign).replace("-", "−")} ${WORDS[text(sign)]}`);
    const link = isListed && endpoint ? h("a.of", { href: `#change-${index}` }, text(endpoint)) : null;
    const sides = lines.map((line) => h(text(line).startsWith("-") ? "del" : "ins", null, text(line)));
    const more = h("details.sides", null, h("summary", null, text(rule)), h("pre", null, ...sides));
    if (hint) more.append(h("p", null, `To keep clients working: ${text(hint)}.`));
    if (call.length) more.append(h("p", null, "A call that breaks:"), h("pre", null, call.map(text).join("\n")));
    const head = h("p", null, word, " ", h("span.what", null, link, link ? " " : null, text(message)));
    const id = isListed ? null : `change-${index}`;
    return h("div.change." + text(judgement), { id }, head, h("p.reason", null, text(reason)), more);
  };

  const indent = (depth) => Array.from({ length: depth }, () => h("span.in"));
  const under = (depth, columns, ...children) =>
    h("tr.more", null, h("td", { colspan: String(columns) }, h("div", null, ...indent(depth), h("div.say", null, ...children))));

  const long = (value, limit) => (value.length > limit ? { class: "long" } : null);

  const treeRows = (row, columns) => {
    const [depth, key, type, flags = 0, wire = 0, note = 0, description = 0, changes = []] = row;
    const isGroup = !isLeaf(row);
    const mark = flags & GONE ? ".gone" : flags & NEW ? ".new" : isGroup ? ".group" : flags & PART ? ".part" : "";
    const sign = flags & GONE ? h("span.sign", null, "− ") : flags & NEW ? h("span.sign", null, "+ ") : null;
    const cells = [
      h("th", { scope: "row", ...long(text(key), 28) }, ...indent(depth), sign, text(key)),
      h("td", isGroup ? { class: "kindword" } : long(text(type), 32), ...typeText(text(type))),
      h("td", { class: (flags & GIVEN ? "" : "derived") + (text(wire).length > 28 ? " long" : "") }, text(wire)),
    ];
    if (columns > 3) cells.push(h("td", long(text(note), 28), text(note)));
    const found = [h("tr" + mark, null, ...cells)];
    if (description) found.push(under(depth, columns, text(description)));
    for (const index of changes) found.push(under(depth, columns, change(index)));
    return found;
  };

  const isLeaf = ([, , type, flags = 0]) => flags !== 0 || text(type).includes("[");

  const tree = (title, rows, none) => {
    const leaves = rows.filter((row) => isLeaf(row) && !((row[3] || 0) & (PART | GONE))).length;
    const head = h("h4", null, title, h("small", null, String(leaves)));
    if (!rows.length) return h("div", null, head, h("p.derived", null, none));
    const words = ["path", "type", "wire name", ...(rows.some((row) => row[5]) ? ["notes"] : [])];
    const columns = words.map((word) => h("th", { scope: "col" }, word));
    const body = h("tbody", null, ...rows.flatMap((row) => treeRows(row, words.length)));
    return h("div", null, head, h("table.tree", null, h("thead", null, h("tr", null, ...columns)), body));
  };

  const calls = (endpoint, index) => {
    if (!endpoint.calls.length) return endpoint.hint ? h("p.hint", null, text(endpoint.hint)) : null;
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
    if (endpoint.missing) add("Here", text(endpoint.missing));
    if (keys.length) add("Signatures", ...keys);
    add("Python", h("code", null, `${endpoint.object}(${argumentWords(endpoint)})`));
    if (endpoint.dims.length) {
      const isTold = endpoint.dims.some((index) => data.dims[index][2]);
      add("Dims", ...endpoint.dims.map((index) => {
        const [name, bounds, description] = data.dims[index];
        const attributes = { type: "button", "data-dim": text(name), "aria-pressed": "false" };
        const chip = h("button.chip", attributes, text(name), bounds ? h("small", null, text(bounds)) : "");
        return isTold ? h("div.told", null, chip, description ? h("span", null, text(description)) : "") : chip;
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

  const links = [...document.querySelectorAll(".side nav a")];
  const names = [...document.querySelectorAll(".names a")]; // in the order of the data
  const lines = names.map((link) => link.querySelector("span").textContent);
  const cards = new Map();

  const draw = (card) => {
    const { endpoint, element, index } = card;
    if (card.isDrawn) return;
    card.isDrawn = true;
    const trees = h("div.trees", null, tree("Inputs", endpoint.inputs, "It takes no inputs."), tree("Outputs", endpoint.outputs, "It returns nothing."));
    const description = endpoint.description ? h("p", null, text(endpoint.description)) : null;
    const changes = endpoint.changes.map((each) => change(each));
    element.append(h("div.body", null, description, ...changes, endpoint.isGone ? null : facts(endpoint), trees, calls(endpoint, index)));
    markDims(element);
  };

  const drawCards = () => {
    data.endpoints.forEach((row, index) => {
      const [name, description, badges, ways, inputs, outputs, dims, defaults, codes, hint, object, state, changes, missing] = row;
      const endpoint = { name, description, ways, inputs, outputs, dims, defaults, calls: codes, hint, missing, object: text(object), isGone: text(state) === "-", changes };
      const words = badges.map((badge) => h("span.badge" + (text(badge) === "default" ? ".default" : ""), null, text(badge)));
      if (state) words.push(h("span.badge.state", null, WORDS[text(state)]));
      const id = `endpoint-${text(name)}`;
      const anchor = h("a.anchor", { href: `#${encodeURIComponent(id)}`, "aria-label": `Link to ${text(name)}` }, "#");
      const summary = h("summary", null, h("h3", null, text(name)), ...words, h("span.line", null, lines[index]));
      const element = h("details", null, summary);
      const whole = h("div.endpoint" + (text(state) === "-" ? ".gone" : ""), { id }, element, anchor);
      const card = { endpoint, element, whole, index, isDrawn: false };
      element.addEventListener("toggle", () => { if (element.open) draw(card); });
      cards.set(id, card);
    });
    byId("endpoints").append(...[...cards.values()].map((card) => card.whole));
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

  const follow = (event) => {
    const id = idOfHash();
    if (cards.has(id)) open(cards.get(id));
    const [, at] = /^change-(\d+)$/.exec(id) ?? [];
    const about = at === undefined ? undefined : cards.get(`endpoint-${text(data.changes[at]?.[7] ?? 0)}`);
    if (about) open(about);
    const target = id && byId(id);
    if (target) target.scrollIntoView(event ? {} : { behavior: "instant" });
    if (event && target) (target.querySelector("summary") ?? target).focus({ preventScroll: true });
    for (const link of document.querySelectorAll(".side a")) {
      const isHere = id !== "" && link.getAttribute("href") === location.hash;
      link.classList.toggle("here", isHere);
      if (isHere) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // --- Variables ---

  const size = (bytes) => {
    if (bytes < 1000) return `${bytes} B`;
    const units = ["kB", "MB", "GB", "TB"];
    let value = bytes / 1000;
    let unit = 0;
    for (; value >= 999.5 && unit < 3; unit += 1) value /= 1000;
    return `${value.toFixed(value >= 100 ? 0 : 1)} ${units[unit]}`;
  };

  const variables = data.variables.map(([head, tail, type, bytes, trainable, pathHead = 0, pathTail = 0, lists = 0, repeats = 0], index) => ({
    index, head: text(head), tail: text(tail), name: text(head) + text(tail), type: text(type), bytes,
    trainable: ["", "no", "yes"][trainable], path: text(pathHead) + text(pathTail), lists: text(lists), repeats: text(repeats),
  }));
  const FEW = 20;
  const table = { key: "bytes", isDown: true, wanted: "", isWhole: false };

  const matching = () => variables.filter((each) => !table.wanted || `${each.name} ${each.path}`.toLowerCase().includes(table.wanted));

  const variableRow = (each, columns, most) => {
    const bar = h("span.share");
    bar.style.width = `${(100 * each.bytes) / most}%`;
    const name = h("th", { scope: "row" }, each.head ? h("span.head", null, each.head) : "", each.tail);
    if (each.path) name.append(h("span.path", null, each.path));
    if (each.repeats) name.append(h("span.say", null, `the same bytes as ${each.repeats}`));
    const number = h("span.number", { title: `${each.bytes.toLocaleString("en")} bytes` }, size(each.bytes));
    const cells = columns.slice(1).map(([word, key]) => h("td." + key, { "data-word": word }, ...(key === "bytes" ? [number, bar] : [each[key]])));
    return h("tr", { id: `variable-${each.index}`, "data-v": String(each.index) }, name, ...cells);
  };

  const drawVariables = () => {
    const place = byId("variable-table");
    if (!place) return;
    const all = matching().sort((a, b) => {
      const [left, right] = [a[table.key], b[table.key]];
      const order = typeof left === "number" ? left - right : left.localeCompare(right, "en", { numeric: true });
      return (table.isDown ? -order : order) || a.index - b.index;
    });
    const shown = table.isWhole ? all : all.slice(0, FEW);
    const most = Math.max(1, ...shown.map((each) => each.bytes));
    const columns = [["variable", "name"], ["type", "type"], ["size", "bytes"], ["trainable", "trainable"], ["collections", "lists"]]
      .filter(([, key]) => key === "name" || key === "bytes" || variables.some((each) => each[key]));
    const heads = columns.map(([word, key]) => {
      const isSorted = table.key === key;
      const sort = () => {
        table.isDown = isSorted ? !table.isDown : key === "bytes";
        table.key = key;
        drawVariables();
        byId(`sort-${key}`).focus();
      };
      const button = h("button", { type: "button", id: `sort-${key}`, click: sort }, word, h("span.arrow", { "aria-hidden": "true" }, isSorted ? (table.isDown ? " ↓" : " ↑") : ""));
      return h("th", { scope: "col", "aria-sort": isSorted ? (table.isDown ? "descending" : "ascending") : null }, button);
    });
    const body = h("tbody", null, ...shown.map((each) => variableRow(each, columns, most)));
    const rest = all.length - shown.length;
    const more = rest > 0 ? h("button.more-button", { type: "button", click: () => { table.isWhole = true; drawVariables(); } }, `Show all ${all.length.toLocaleString("en")}`) : "";
    const none = all.length ? "" : h("p.none", null, "No variable matches.");
    place.replaceChildren(h("table.list.variables", null, h("thead", null, h("tr", null, ...heads)), body), none, more);
  };

  const startMap = () => {
    const map = document.querySelector(".map");
    if (!map) return;
    const caption = byId("map-caption");
    const total = variables.reduce((sum, each) => sum + each.bytes, 0);
    const light = (index) => {
      for (const each of document.querySelectorAll("#variables [data-v].lit")) each.classList.remove("lit");
      const chosen = index === undefined ? undefined : variables[index];
      caption.textContent = chosen ? "" : "Each area is a variable, by its bytes.";
      if (!chosen) return;
      const share = ((100 * chosen.bytes) / total).toFixed(1);
      caption.append(h("b", null, chosen.name), `${chosen.type}  ·  ${size(chosen.bytes)}  ·  ${share} %`);
      for (const each of document.querySelectorAll(`#variables [data-v="${index}"]`)) each.classList.add("lit");
    };
    byId("variables").addEventListener("pointerover", (event) => light(event.target.closest("[data-v]")?.dataset.v));
    byId("variables").addEventListener("pointerleave", () => light());
    map.addEventListener("click", (event) => {
      const index = event.target.closest("[data-v]")?.dataset.v;
      if (index === undefined) return;
      if (!byId(`variable-${index}`)) {
        table.isWhole = true;
        drawVariables();
      }
      byId(`variable-${index}`)?.scrollIntoView({ block: "center" });
      light(index);
    });
    light();
  };

  // --- The graph ---

  const drawOps = () => {
    const place = byId("ops");
    if (!place) return;
    const [, ops, kinds, nodes] = data.ops[byId("graph-of").selectedIndex];
    const rows = [];
    for (let at = 0; at < ops.length; at += 2) rows.push([text(ops[at]), ops[at + 1], ""]);
    if (kinds) rows.push([`${kinds} other${kinds === 1 ? "" : "s"}`, nodes, ".others"]);
    const most = Math.max(1, ...rows.map(([, count]) => count));
    const bars = rows.map(([word, count, mark]) => {
      const bar = h("span.bar");
      bar.style.width = `${(100 * count) / most}%`;
      return h("tr" + mark, null, h("th", { scope: "row" }, word), h("td", null, bar), h("td.number", null, count.toLocaleString("en")));
    });
    const heads = ["op", "share", "nodes"].map((word) => h("th", { scope: "col" }, h("span.hidden-text", null, word)));
    place.replaceChildren(h("table.bars", null, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...bars)));
  };

  // --- The filter, and the keyboard ---

  const field = byId("filter");
  const wireNames = (row) => [...row[4], ...row[5]].map(([, , , , wire = 0]) => text(wire)).filter(Boolean);

  const filter = () => {
    const wanted = field.value.trim().toLowerCase();
    let count = 0;
    names.forEach((link, index) => {
      const row = data.endpoints[index];
      const isNamed = text(row[0]).toLowerCase().includes(wanted);
      const hit = wanted && !isNamed ? wireNames(row).find((name) => name.toLowerCase().includes(wanted)) : undefined;
      const line = link.querySelector("span");
      line.textContent = hit ?? lines[index];
      line.classList.toggle("hit", hit !== undefined);
      link.parentElement.hidden = !isNamed && hit === undefined;
      count += link.parentElement.hidden ? 0 : 1;
    });
    byId("nothing").hidden = count > 0;
    table.wanted = wanted;
    table.isWhole = false;
    drawVariables();
    const found = variables.length ? `, ${matching().length} of ${variables.length} variables` : "";
    byId("status").textContent = wanted ? `${count} of ${data.endpoints.length} endpoints${found}` : "";
    const mark = document.querySelector('.side [href="#variables"] i');
    if (mark) mark.textContent = wanted ? `${matching().length} of ${variables.length}` : variables.length.toLocaleString("en");
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
  const all = [...cards.values()];
  if (all.length <= 3) all.forEach(open);
  else if (all.length && !location.hash) open(all[0]);
  byId("change-list")?.append(...data.changes.map((_, index) => h("li", null, change(index, true))));
  drawVariables();
  startMap();
  drawOps();
  byId("graph-of")?.addEventListener("change", drawOps);
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button, button.dataset.copy));
  field.addEventListener("input", filter);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", follow);
  let wereClosed = [];
  addEventListener("beforeprint", () => {
    for (const card of cards.values()) draw(card);
    wereClosed = [...document.querySelectorAll("details:not([open])")];
    for (const each of wereClosed) each.open = true;
    table.isWhole = true;
    drawVariables();
  });
  addEventListener("afterprint", () => {
    for (const each of wereClosed) each.open = false;
  });
  follow();
})();
