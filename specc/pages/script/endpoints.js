// Endpoints: trees, changes and calls.

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
  const link = isListed && cards.has(`endpoint-${text(endpoint)}`) ? h("a.of", { href: `#change-${index}` }, text(endpoint)) : null;
  const sides = lines.map((line) => h(text(line).startsWith("-") ? "del" : "ins", null, text(line)));
  const more = h("details.sides", null, h("summary", null, text(rule)), h("pre", null, ...sides));
  if (hint) more.append(h("p", null, `To keep clients working: ${text(hint)}.`));
  if (call.length) {
    const code = call.map(text).join("\n");
    more.append(h("p", null, "A call that breaks:", copyButton(() => code, "Copy the call that breaks")), h("pre", null, code));
  }
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
  const button = copyButton(() => shown[chosen][1], "Copy the call");
  const printed = shown.map(([title, code]) => h("div.printed", null, h("pre", null, `# ${title}\n${code}`)));
  return h("div.calls", null, h("div.tabs", null, list, button), panel, ...printed);
};

const argumentWords = (endpoint) => endpoint.inputs.filter(([depth, , , flags = 0]) => depth === 0 && !(flags & GONE)).map(([, key]) => text(key)).join(", ");

const facts = (endpoint) => {
  const rows = [];
  const add = (word, ...values) => rows.push(h("dt", null, word), h("dd", null, ...values));
  const keys = endpoint.ways.map(([key, note]) => h("code.key", null, text(key), note ? h("small", null, text(note)) : ""));
  if (endpoint.missing) add("Here", text(endpoint.missing));
  if (keys.length) add("Signatures", ...keys);
  add("Python", h("code", null, `${endpoint.object}(${argumentWords(endpoint)})`));
  if (endpoint.dims.length) {
    const isDescribed = endpoint.dims.some((index) => data.dims[index][2]);
    add("Dims", ...endpoint.dims.map((index) => {
      const [name, bounds, description] = data.dims[index];
      const attributes = { type: "button", "data-dim": text(name), "aria-pressed": "false" };
      const chip = h("button.chip", attributes, text(name), bounds ? h("small", null, text(bounds)) : "");
      return isDescribed ? h("div.described", null, chip, description ? h("span", null, text(description)) : "") : chip;
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
