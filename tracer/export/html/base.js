"use strict";
/* Elements and words. Text goes into the page as text, never as markup. */

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [what, act] of Object.entries(value)) node.addEventListener(what, act);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== "") node.append(child);
  return node;
}

function make(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function icon(path) {
  return draw("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, draw("path", { d: path }));
}

function milliseconds(ns) {
  const ms = ns / 1e6;
  return ms >= 10000 ? (ms / 1000).toFixed(1) + " s" : ms >= 1000 ? ms.toFixed(0) + " ms" : ms.toFixed(1) + " ms";
}

function seconds(ns) {
  return (ns / 1e9).toFixed(3) + " s";
}

function shorten(text, room) {
  const letters = Array.from(text);
  return letters.length <= room ? text : letters.slice(0, Math.max(1, room - 1)).join("") + "\u2026";
}

function plural(count, word) {
  return count + " " + word + (count === 1 ? "" : "s");
}

const TCP_STATES = ["LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
  "CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED"];

function isPacket(event) {
  return event.k.startsWith("packet-");
}

/* The role of a packet gives its colour and its line. */
function packetRole(event) {
  const flags = (event.flags || "").split(",");
  if (flags.includes("RST") || (event.proto || "").startsWith("icmp")) return "rst";
  if (flags.includes("SYN")) return "syn";
  if (flags.includes("FIN")) return "fin";
  if (event.bytes > 0 || event.proto === "udp") return "data";
  return "ack";
}
