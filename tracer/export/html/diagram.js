/* The eleven states of RFC 9293 3.3.2. Lit: where an end is. Thick: the way it took; the newest arrow is labelled. */

const BOXES = { CLOSED: [360, 26], LISTEN: [110, 92], SYN_SENT: [610, 92], SYN_RECEIVED: [360, 140], ESTABLISHED: [360, 218],
  CLOSING: [80, 306], FIN_WAIT_1: [270, 306], CLOSE_WAIT: [456, 306], LAST_ACK: [640, 306], TIME_WAIT: [80, 390],
  FIN_WAIT_2: [270, 390], CLOSED_AGAIN: [640, 390] };

const ARROWS = [
  ["CLOSED", "LISTEN", "listen()"], ["CLOSED", "SYN_SENT", "connect() / SYN"],
  ["LISTEN", "SYN_RECEIVED", "SYN / SYN,ACK"], ["SYN_SENT", "SYN_RECEIVED", "SYN / SYN,ACK"],
  ["SYN_SENT", "ESTABLISHED", "SYN,ACK / ACK"], ["SYN_RECEIVED", "ESTABLISHED", "ACK of SYN"],
  ["SYN_RECEIVED", "FIN_WAIT_1", "close() / FIN"], ["ESTABLISHED", "FIN_WAIT_1", "close() / FIN"],
  ["ESTABLISHED", "CLOSE_WAIT", "FIN / ACK"], ["CLOSE_WAIT", "LAST_ACK", "close() / FIN"],
  ["LAST_ACK", "CLOSED_AGAIN", "ACK of FIN"], ["FIN_WAIT_1", "FIN_WAIT_2", "ACK of FIN"],
  ["FIN_WAIT_1", "CLOSING", "FIN / ACK"], ["FIN_WAIT_1", "TIME_WAIT", "FIN,ACK / ACK"],
  ["FIN_WAIT_2", "TIME_WAIT", "FIN / ACK"], ["CLOSING", "TIME_WAIT", "ACK of FIN"], ["TIME_WAIT", "CLOSED_AGAIN", "2 MSL"],
];

/* Labels that would lie on a box or on another arrow stand here instead of in the middle. */
const LABEL_AT = { "CLOSED LISTEN": [212, 50], "CLOSED SYN_SENT": [512, 50], "LISTEN SYN_RECEIVED": [212, 136], "SYN_SENT SYN_RECEIVED": [500, 112],
  "SYN_SENT ESTABLISHED": [530, 172], "SYN_RECEIVED ESTABLISHED": [312, 184], "SYN_RECEIVED FIN_WAIT_1": [196, 226],
  "ESTABLISHED FIN_WAIT_1": [262, 262], "ESTABLISHED CLOSE_WAIT": [446, 266], "CLOSE_WAIT LAST_ACK": [548, 283],
  "LAST_ACK CLOSED_AGAIN": [682, 352], "FIN_WAIT_1 FIN_WAIT_2": [310, 352], "FIN_WAIT_1 CLOSING": [160, 283],
  "FIN_WAIT_1 TIME_WAIT": [150, 346], "FIN_WAIT_2 TIME_WAIT": [175, 407], "CLOSING TIME_WAIT": [38, 352], "TIME_WAIT CLOSED_AGAIN": [456, 418] };

const HALF_WIDE = 60, HALF_HIGH = 16;

/* Where the line from the middle of a box towards a point leaves the box. */
function edgeOfBox([x, y], [toX, toY]) {
  const dx = toX - x, dy = toY - y;
  const part = Math.min(HALF_WIDE / Math.abs(dx || 1e-9), HALF_HIGH / Math.abs(dy || 1e-9));
  return [x + dx * part, y + dy * part];
}

function arrowPath(from, to) {
  const a = BOXES[from], b = BOXES[to];
  if (from === "TIME_WAIT" && to === "CLOSED_AGAIN") return "M80 406 L80 428 L640 428 L640 406";
  if (from === "SYN_RECEIVED" && to === "FIN_WAIT_1") return "M300 146 C180 170 190 250 232 290";
  const [x1, y1] = edgeOfBox(a, b), [x2, y2] = edgeOfBox(b, a);
  return `M${x1} ${y1} L${x2} ${y2}`;
}

/* The closed state at the bottom is where a connection ends; the one at the top is where it begins. */
function boxOf(state, from) {
  return state === "CLOSED" && from !== "" && from !== "LISTEN" ? "CLOSED_AGAIN" : state;
}

/* Where an end comes from whose first state this is. */
const BEGINNINGS = { SYN_RECEIVED: "LISTEN", SYN_SENT: "CLOSED", LISTEN: "CLOSED" };

function stepsOf(stage, side, members) {
  const steps = [];
  for (const endpoint of stage.endpoints.values()) {
    if (endpoint.side !== side || !members(endpoint)) continue;
    for (const step of endpoint.path) {
      const from = BOXES[step.from] ? step.from : BEGINNINGS[step.to] || "";
      steps.push({ ...step, fromBox: from === "" ? "" : boxOf(from, ""), toBox: boxOf(step.to, from) });
    }
  }
  return steps.sort((a, b) => a.index - b.index);
}

function drawArrow(from, to, label, css) {
  const [x, y] = LABEL_AT[from + " " + to] || [(BOXES[from][0] + BOXES[to][0]) / 2, (BOXES[from][1] + BOXES[to][1]) / 2 - 6];
  return draw("g", { class: "arrow " + css }, draw("path", { class: "line", d: arrowPath(from, to), "marker-end": `url(#tip-${css.includes("taken") ? "taken" : "idle"})` }),
    draw("text", { x, y, "text-anchor": "middle" }, label));
}

function drawTip(id) {
  return draw("marker", { id: "tip-" + id, class: "tip " + id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9,
    markerUnits: "userSpaceOnUse", orient: "auto" }, draw("path", { d: "M0 1 L10 5 L0 9 Z" }));
}

function drawBox(name, [x, y], here, been) {
  const group = draw("g", { class: "box" + (here.length ? " here" : been ? " been" : "") + (here.some((each) => each.witness === "wire") ? " wire" : "") },
    draw("rect", { x: x - HALF_WIDE, y: y - HALF_HIGH, width: 2 * HALF_WIDE, height: 2 * HALF_HIGH, rx: 7 }));
  if (here.length) group.append(draw("rect", { class: "inner", x: x - HALF_WIDE + 3, y: y - HALF_HIGH + 3, width: 2 * HALF_WIDE - 6, height: 2 * HALF_HIGH - 6, rx: 5 }));
  group.append(draw("text", { x, y: y + 4.5, "text-anchor": "middle" }, name === "CLOSED_AGAIN" ? "CLOSED" : name));
  return group;
}

function drawDiagram(stage, side, members, name) {
  const steps = stepsOf(stage, side, members), newest = steps[steps.length - 1];
  const taken = new Set(steps.map((step) => step.fromBox + " " + step.toBox)), been = new Set(), here = new Map();
  for (const step of steps) been.add(step.toBox).add(step.fromBox);
  for (const endpoint of stage.endpoints.values()) {
    const own = steps.filter((step) => step.endpoint === endpoint.number), shown = shownState(endpoint);
    const at = own.length ? own[own.length - 1].toBox : "";
    if (at && at !== "CLOSED_AGAIN" || newest && newest.endpoint === endpoint.number && at)
      here.set(at, (here.get(at) || []).concat(shown));
  }
  const words = Array.from(here.keys()).map((box) => box === "CLOSED_AGAIN" ? "CLOSED" : box).join(" and ");
  const svg = draw("svg", { class: "diagram side" + side, viewBox: "0 0 720 440", role: "img",
    "aria-label": `TCP state diagram of ${name}: ${words ? "now in " + words : "no connection yet"}` }, draw("defs", {}, drawTip("idle"), drawTip("taken")));
  const arrows = ARROWS.concat(steps.filter((step) => step.fromBox && !ARROWS.some((each) => each[0] === step.fromBox && each[1] === step.toBox))
    .map((step) => [step.fromBox, step.toBox, ""]));
  for (const [from, to, label] of arrows) {
    const isNewest = newest && newest.fromBox === from && newest.toBox === to;
    svg.append(drawArrow(from, to, label, (taken.has(from + " " + to) ? "taken" : "idle") + (isNewest ? " newest" : "")));
  }
  for (const [box, place] of Object.entries(BOXES)) svg.append(drawBox(box, place, here.get(box) || [], been.has(box)));
  return { svg, newest };
}
