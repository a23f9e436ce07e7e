"use strict";
// Building the page. Text enters it only through text nodes: nothing that an agent wrote is ever parsed as HTML.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return node;
}

function clock(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(whole / 86400);
  const time = `${Math.floor((whole % 86400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return days ? `${days}d ${time}` : time;
}

function spaced(name) {
  return name.replaceAll("_", " ");
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

const FOLD_LINES = 24;
const FOLD_CHARACTERS = 2400;

// A text as code; a long one shows its beginning and a button for the rest.
function code(text) {
  const lines = text.split("\n");
  const pre = el("pre", { tabindex: "0" }, text);
  if (lines.length <= FOLD_LINES + 4 && text.length <= FOLD_CHARACTERS * 1.2) return pre;
  const head = lines.slice(0, FOLD_LINES).join("\n").slice(0, FOLD_CHARACTERS);
  pre.textContent = `${head} …`;
  const rest = `all ${plural(lines.length, "line")}, ${plural(text.length, "character")}`;
  const button = el("button", { type: "button", class: "unfold", "aria-expanded": "false" }, `Show ${rest}`);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Show less" : `Show ${rest}`;
    pre.textContent = open ? text : `${head} …`;
  });
  return el("div", {}, pre, button);
}
