// Try it: a request that can be edited, sent to the mock that serves the page, and its answer. A file does not have this part.

const LONGEST_ANSWER = 200_000; // of what is shown, in characters

/** Marks that turn text around or end a line are escapes. */
const escaped = (token) => token.replace(/[\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);

/** JSON in lines. It is read as text: a number stays as it is, where JSON.parse rounds an int64 and writes 1.0 as 1. */
const laidOut = (json) => {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  let at = 0;
  const value = (margin) => {
    const first = tokens[at++] ?? "";
    if (first !== "[" && first !== "{") return escaped(first);
    const inner = `${margin}  `;
    const parts = [];
    while (at < tokens.length && tokens[at] !== "]" && tokens[at] !== "}") {
      const key = tokens[at + 1] === ":" ? `${escaped(tokens[at])}: ` : "";
      if (key) at += 2;
      parts.push(key + value(inner));
      if (tokens[at] === ",") at += 1;
    }
    const last = tokens[at++];
    const line = first + parts.join(", ") + last;
    const isFlat = first === "[" && !parts.some((part) => /^[[{]/.test(part));
    if (isFlat || (margin.length + line.length <= 80 && !line.includes("\n"))) return line;
    return `${first}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${last}`;
  };
  return value("");
};

const errorOf = (json) => {
  try {
    const { error } = JSON.parse(json);
    return typeof error === "string" ? error : json;
  } catch {
    return json;
  }
};

/** What is shown of an answer: its status, its time, and its JSON or the lines of its error. */
const answerOf = (isOk, state, took, body) => {
  const whole = isOk && body.length <= LONGEST_ANSWER ? laidOut(body) : body;
  const rest = whole.length - LONGEST_ANSWER;
  const shown = rest > 0 ? `${whole.slice(0, LONGEST_ANSWER)}\n… ${rest.toLocaleString("en")} more characters` : whole;
  const mark = h("span.state." + (isOk ? "safe" : "breaking"), null, state);
  const button = isOk ? copyButton(() => whole, "Copy the answer") : "";
  const bar = h("div.try-bar", null, h("b", null, "Answer"), mark, h("span.took", null, took), button);
  const lines = isOk
    ? h("pre", { tabindex: "0", role: "region", "aria-label": "Answer" }, shown)
    : h("ul.errors", null, ...errorOf(shown).split("\n").map((line) => h("li", null, line)));
  return [bar, lines];
};

const tryIt = (id, path, body) => {
  const area = h("textarea", { id, spellcheck: "false", autocomplete: "off", autocapitalize: "off", rows: "4" });
  const answer = h("div.answer", { hidden: "" });
  const reset = h("button.reset", { type: "button", hidden: "", click: () => { fill(); area.focus(); } }, "Reset");
  const button = h("button.send", { type: "button", "aria-keyshortcuts": "Control+Enter", click: () => send() }, "Send");
  const bar = h("div.try-bar", null, h("label", { for: id }, "Request"), h("code", null, `POST ${path}`), reset, h("kbd", { "aria-hidden": "true" }, "Ctrl+Enter"), button);
  const whole = h("div.try", null, bar, area, answer);
  const fill = () => {
    area.value = body;
    reset.hidden = true;
  };
  const send = async () => {
    if (whole.classList.contains("busy")) return;
    whole.classList.add("busy");
    const started = performance.now();
    let parts;
    try {
      const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: area.value });
      const content = await response.text();
      parts = answerOf(response.ok, `${response.status} ${response.statusText}`, `${Math.max(1, Math.round(performance.now() - started))} ms`, content);
    } catch {
      parts = answerOf(false, "No answer", "", "The mock does not answer: it has ended, or it closed the connection.");
    }
    answer.replaceChildren(...parts);
    answer.hidden = false;
    byId("status").textContent = [...parts[0].children].slice(0, 3).map((each) => each.textContent).join(" ");
    whole.classList.remove("busy");
  };
  area.addEventListener("input", () => { reset.hidden = area.value === body; });
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  });
  fill();
  return whole;
};

/** Puts the request of each call that has one below it, and shows that of the chosen call. */
const addTries = (card) => {
  const place = card.element.querySelector(".calls");
  if (!place || place.querySelector(".try")) return;
  const tabs = [...place.querySelectorAll("[role=tab]")];
  const tries = card.endpoint.calls.map(([, , path, body], at) =>
    path === undefined ? null : tryIt(`request-${card.index}-${at}`, text(path), laidOut(text(body))));
  const show = () => tabs.forEach((tab, at) => { if (tries[at]) tries[at].hidden = tab.getAttribute("aria-selected") !== "true"; });
  const list = place.querySelector("[role=tablist]");
  for (const type of ["click", "keydown"]) list.addEventListener(type, show); // after those that choose
  show();
  place.querySelector(".live").after(...tries.filter(Boolean));
};

for (const card of cards.values()) {
  if (card.isDrawn) addTries(card);
  card.element.addEventListener("toggle", () => { if (card.isDrawn) addTries(card); });
}
