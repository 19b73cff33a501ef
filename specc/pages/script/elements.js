"use strict";
// The parts of the script are one text; those of the document go into the page as text nodes only.

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

const copyButton = (valueNow, label) =>
  h("button.copy", { type: "button", "aria-label": label, click: (event) => copy(event.currentTarget, valueNow()) }, "Copy");

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
