// What an archive holds: variables with their map, and ops.

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

const drawOps = () => {
  const place = byId("ops");
  if (!place) return;
  const [ops, kinds, nodes] = data.ops[data.ops_of[byId("graph-of").selectedIndex]];
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
