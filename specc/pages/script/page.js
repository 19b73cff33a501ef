// The filter, the keyboard, anchors and printing.

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
  byId("count").textContent = wanted ? `${count} of ${names.length}` : names.length.toLocaleString("en");
  table.wanted = wanted;
  table.isWhole = false;
  drawVariables();
  const matches = matching().length;
  const found = variables.length ? `, ${matches} of ${variables.length} variables` : "";
  byId("status").textContent = wanted ? `${count} of ${data.endpoints.length} endpoints${found}` : "";
  const mark = document.querySelector('.side [href="#variables"] i');
  if (mark) mark.textContent = wanted ? `${matches} of ${variables.length}` : variables.length.toLocaleString("en");
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
