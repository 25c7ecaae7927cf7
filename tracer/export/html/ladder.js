/* The ladder: time runs down, one row for what happens, packets as slopes between two lifelines. Not to scale. */

const ROW = 24, BREAK = 26, WINDOW = 220;

/* State changes that reach the paper: TCP states by the kernel, or by the wire where the kernel was never asked. */
function shownChanges(event, byKernel) {
  return (event.c || []).filter((change) => TCP_STATES.includes(change[3]) && change[2] !== change[3] && (change[2] !== "?" || change[3] !== "CLOSED") &&
    (change[1] === "kernel" || (change[1] === "wire" && !byKernel.has(change[0]))));
}

function sideOfChange(event, change) {
  return change[0] === event.p && isPacket(event) && change[0] !== event.e ? event.g : event.s;
}

function isRow(event, byKernel) {
  if (event.k === "call-exit" && event.ns >= 1e6) return true;
  return ["call-enter", "process", "gap"].includes(event.k) || isPacket(event) || shownChanges(event, byKernel).length > 0;
}

/* A packet stands in the row of the call that sends it; a state in the row of the packet that made it. */
function joinsRow(event, row, byKernel) {
  if (!row || event.t - row.t >= 1e6) return false;
  if (event.k === "packet-sent") return row.k === "call-enter" && row.s === event.s && event.because !== undefined;
  if (event.k === "packet-dropped") return row.k === "packet-sent";
  return !isPacket(event) && !["gap", "call-enter", "call-exit", "process"].includes(event.k) && row.k.startsWith("packet") &&
    shownChanges(event, byKernel).every((change) => !row.used.has(sideOfChange(event, change)));
}

/* Places in order: y of each event, and breaks where much time passes. Made once for each conversation. */
function layRows(events, order, byKernel) {
  const y = new Float64Array(events.length), pillY = new Float64Array(events.length), breaks = [], times = [];
  let at = 26, row = null;
  for (const index of order) {
    const event = events[index], uses = shownChanges(event, byKernel).map((change) => sideOfChange(event, change));
    if (isRow(event, byKernel) && joinsRow(event, row, byKernel)) {
      if (isPacket(event)) row.k = event.k;
      uses.forEach((side) => row.used.add(side));
    } else if (isRow(event, byKernel)) {
      const pause = row ? event.t - row.t : 0;
      if (row) at += ROW + (pause >= 5e6 ? 8 : 0);
      if (pause >= 150e6) {
        breaks.push({ y: at, pause });
        at += BREAK;
      }
      if (!row || event.t - times[times.length - 1].t >= 1e5) times.push({ y: at, t: event.t });
      row = { k: event.k, s: event.s, t: event.t, used: new Set(isPacket(event) ? uses : [event.s]) };
    }
    y[index] = at;
    /* A state that a call's return tells of stands below the call. */
    if (event.k === "call-exit" && event.ns >= 1e6 && uses.length > 0) at += ROW;
    pillY[index] = at;
  }
  return { y, pillY, breaks, times, end: at };
}

function packetLabel(event, room) {
  let text = event.word || "packet";
  if (event.seq !== undefined && (event.bytes > 0 || /SYN|FIN/.test(event.flags))) {
    if (event.flags.includes("SYN") && event.flags.includes("ACK")) text += "  ack=" + event.ack;
    else text += "  seq=" + event.seq;
  } else if (event.ack !== undefined) text += "  ack=" + event.ack;
  if (event.copy > 1) text += "  try " + event.copy;
  return text.length <= room ? text : shorten(event.word || "packet", room);
}

function nearBound(paper, packet, events) {
  const sent = events[packet.sent];
  const from = sent.s === 0 ? paper.left : paper.right, to = sent.g === 0 ? paper.left : paper.right;
  return { from, to, start: paper.rows.y[packet.sent], known: sent.s !== undefined && sent.g !== undefined };
}

function arrowHead(x, y, angle, css) {
  return draw("path", { class: "head " + css, d: "M0 0 L-10 -4.5 L-10 4.5 Z",
    transform: `translate(${x} ${y}) rotate(${angle})` });
}

function drawSlope(paper, event, css, x1, y1, x2, y2, complete) {
  const angle = Math.atan2(y2 - y1, x2 - x1) * 180 / Math.PI, right = x2 > x1;
  const group = draw("g", { class: "packet " + css });
  group.append(draw("line", { class: "shaft", x1, y1, x2, y2, pathLength: 1 }));
  if (css.startsWith("rst")) group.append(draw("line", { class: "core", x1, y1, x2, y2 }));
  if (complete) group.append(arrowHead(x2, y2, angle, css));
  const room = Math.floor(Math.abs(paper.right - paper.left) / 7.4) - 3;
  group.append(draw("text", { class: "label", x: right ? 12 : -12, y: -6, "text-anchor": right ? "start" : "end",
    transform: `translate(${x1} ${y1}) rotate(${right ? angle : angle + 180})` }, packetLabel(event, room)));
  return group;
}

/* One packet as it stands now: arrived, lost, held, or somewhere on the way. */
function drawPacket(paper, packet, events, choose) {
  const event = events[packet.sent], css = packetRole(event), place = nearBound(paper, packet, events);
  const { from, to, start } = place, groups = [];
  if (!place.known || from === to) return [];
  const span = to - from;
  if (packet.dropped !== null) {
    const x = from + span * 0.55, y = Math.max(paper.rows.y[packet.dropped], start + 14);
    const group = drawSlope(paper, event, css + " lost", from, start, x, y, false);
    group.append(draw("path", { class: "cross", d: `M${x - 7} ${y - 7} L${x + 7} ${y + 7} M${x - 7} ${y + 7} L${x + 7} ${y - 7}` }));
    group.append(draw("text", { class: "label lost", x: x + (span > 0 ? 12 : -12), y: y + 5,
      "text-anchor": span > 0 ? "start" : "end" }, "lost"));
    groups.push(group);
  } else if (event.h === undefined || event.h === "") {
    groups.push(drawSlope(paper, event, css, from, start, to, start + 8, true));
  } else if (packet.arrivals.length === 0) {
    const reach = paper.arrival.get(event.id), goal = reach === undefined ? start + 60 : paper.rows.y[reach];
    const part = Math.min(0.9, Math.max(Math.min(0.3, 26 / (goal - start)), (paper.now - start) / Math.max(1, goal - start)));
    const x = from + span * part, y = start + (goal - start) * part;
    const group = drawSlope(paper, event, css + " flying", from, start, x, y, false);
    group.append(draw("circle", { class: "rider " + css, cx: x, cy: y, r: 5 }));
    if (packet.held !== null)
      group.append(draw("text", { class: "label", x, y: y + 18, "text-anchor": "middle" }, "held"));
    groups.push(group);
  }
  for (const arrival of packet.arrivals)
    groups.push(drawSlope(paper, event, css, from, start, to, paper.rows.y[arrival], true));
  for (const group of groups) {
    if (packet.sent >= paper.fresh || packet.arrivals.some((each) => each >= paper.fresh)) group.classList.add("new");
    group.addEventListener("click", () => choose(packet.sent));
  }
  return groups;
}

function besideX(paper, side, inset) {
  return side === 0 ? paper.left - inset : paper.right + inset;
}

function drawPill(paper, side, y, change) {
  const text = change[3] + (change[5] ? " !" : ""), width = Math.min(paper.beside - 6, text.length * paper.letter + 14);
  const x = side === 0 ? paper.left - 8 - width : paper.right + 8;
  return draw("g", { class: `pill side${side} ${change[1]}` },
    draw("rect", { x, y: y - 11, width, height: 20, rx: 5 }),
    draw("text", { x: x + width / 2, y: y + 4, "text-anchor": "middle" }, text));
}

function callLabel(events, order, event, index, exits, position) {
  const name = event.call + "()";
  if (event.k === "call-exit") return name + " " + (event.errno ? event.errno : event.result);
  const exit = exits.get(index);
  if (exit === undefined) return name + " \u2026";
  const back = events[exit.index];
  if (exit.at < position && back.ns < 1e6) return name + " " + (back.errno ? back.errno : back.result);
  return name + (back.ns < 1e6 ? "" : " \u2026");
}

function drawBeside(paper, side, y, text, css) {
  const room = Math.floor((paper.beside - 10) / paper.letter);
  return draw("text", { class: `call side${side} ${css}`, x: besideX(paper, side, 10), y: y + 4,
    "text-anchor": side === 0 ? "end" : "start" }, shorten(text, room));
}

function drawRow(paper, context, i) {
  const { events, order, exits, position } = context, index = order[i], event = events[index];
  const y = paper.rows.y[index], parts = [];
  if (event.s !== undefined) {
    if (event.k === "call-enter") parts.push(drawBeside(paper, event.s, y, callLabel(events, order, event, index, exits, position), ""));
    if (event.k === "call-exit" && event.ns >= 1e6)
      parts.push(drawBeside(paper, event.s, y, callLabel(events, order, event, index, exits, position), event.ret < 0 ? "failed" : ""));
    if (event.k === "process")
      parts.push(drawBeside(paper, event.s, y, event.what === "exit" ? "ends" : "runs " + (event.program || event.l), "quiet"));
  }
  if (event.k === "gap")
    parts.push(draw("text", { class: "gap", x: (paper.left + paper.right) / 2, y: y + 4, "text-anchor": "middle" }, "events were lost here"));
  for (const change of shownChanges(event, context.byKernel)) {
    const side = sideOfChange(event, change);
    if (side !== undefined) parts.push(drawPill(paper, side, paper.rows.pillY[index], change));
  }
  return parts;
}

function paperFor(width, rows) {
  const narrow = width < 480, gutter = narrow ? 8 : 66;
  const beside = narrow ? 92 : Math.max(104, Math.min(158, (width - gutter - 250) / 2));
  return { rows, narrow, width, gutter, beside, letter: narrow ? 6.3 : 7.3, left: gutter + beside, right: width - beside - 6 };
}

/* The whole drawing up to the position. Returns the SVG and the y of the present. */
function drawLadder(context, width, choose) {
  const { events, order, position, rows, stage } = context, paper = paperFor(width, rows);
  const now = position > 0 ? rows.pillY[order[position - 1]] : 30;
  const first = Math.max(0, position - WINDOW), top = first > 0 ? rows.y[order[first]] - 40 : 0;
  const height = now - top + 54;
  Object.assign(paper, { now, arrival: context.arrival, fresh: context.fresh });
  const svg = draw("svg", { class: paper.narrow ? "ladder narrow" : "ladder", width, height, viewBox: `0 ${top} ${width} ${height}`,
    role: "img", "aria-label": context.label });
  const beatTop = context.beatFirst < position ? rows.y[order[context.beatFirst]] - 15 : now - 15;
  svg.append(draw("rect", { class: "now", x: 0, y: beatTop, width, height: now - beatTop + 17, rx: 6 }));
  for (const [side, x] of [[0, paper.left], [1, paper.right]])
    svg.append(draw("line", { class: "life side" + side, x1: x, x2: x, y1: top + 4, y2: now + 40 }));
  for (const { y, pause } of rows.breaks)
    if (y <= now && y >= top)
      svg.append(draw("text", { class: "break", x: (paper.left + paper.right) / 2, y: y + 1, "text-anchor": "middle" },
        `\u223c  ${milliseconds(pause)} pass  \u223c`));
  if (!paper.narrow) for (const { y, t } of rows.times)
    if (y <= now && y >= top) svg.append(draw("text", { class: "time", x: 58, y: y + 4, "text-anchor": "end" }, milliseconds(t)));
  for (const packet of stage.packets.values()) {
    const lastSeen = Math.max(packet.sent, packet.dropped ?? 0, ...packet.arrivals);
    if (rows.y[lastSeen] >= top) svg.append(...drawPacket(paper, packet, events, choose));
  }
  for (let i = first; i < position; i++) svg.append(...drawRow(paper, context, i));
  return { svg, now: now - top };
}
