/* The player: where we are, what is shown, and how one gets elsewhere. */

const recording = JSON.parse(document.getElementById("recording").textContent);
const paragraphs = Array.from(document.querySelectorAll(".steps .e"));
const at = { view: null, position: 0, picked: null, predict: false, answers: new Map(), asking: null, timer: null, pace: 1600, shortcuts: true };
const ui = {};

const sentence = (index) => (recording.events[index].k === "question" ? "" : paragraphs[index] ? paragraphs[index].textContent : "");

/* --- conversations --- */

/* The first packet of a conversation does not know yet which one it begins: the address pair tells. Packets that never
 * had an answer are a conversation too, and what has no addresses is put together. */
function completeFlows() {
  const pairs = new Map(), own = new Map(), pair = (event) => [event.from || "", event.dest || ""].sort().join(" ") + " " + (event.from ? event.proto : "");
  let next = 1;
  for (const event of recording.events) {
    if (event.f) next = Math.max(next, event.f + 1);
    if (event.f && isPacket(event)) pairs.set(pair(event), event.f);
    if (event.f && event.e) own.set(event.e, own.has(event.e) && own.get(event.e) !== event.f ? 0 : event.f);
  }
  for (const event of recording.events) {
    if (event.f) continue;
    if (isPacket(event)) {
      if (!pairs.has(pair(event))) pairs.set(pair(event), next++);
      event.f = pairs.get(pair(event));
    } else if (event.e) event.f = own.get(event.e) || 0;
  }
}

function flowList() {
  const flows = new Map();
  completeFlows();
  for (const event of recording.events) {
    if (!isPacket(event)) continue;
    if (!flows.has(event.f)) flows.set(event.f, { number: event.f, from: event.from, dest: event.dest, packets: 0 });
    if (event.k === "packet-sent") flows.get(event.f).packets++;
  }
  return Array.from(flows.values());
}

const withoutPort = (address) => (address || "").replace(/:\d+$/, "");

/* In a capture nobody has named the two ends: left is who spoke first. */
function placeSides(flow) {
  for (const event of recording.events) {
    if (event.f !== flow.number || !isPacket(event)) continue;
    event.s = event.from === flow.from ? 0 : 1;
    event.g = 1 - event.s;
    if (event.k === "packet-delivered") [event.s, event.g] = [event.g, event.s];
  }
}

function makeView(flow) {
  const { events, session } = recording;
  if (flow && !session.live) placeSides(flow);
  const order = [];
  events.forEach((event, i) => (!flow || event.f === flow.number || !event.f) && order.push(i));
  const view = { flow, order, beats: [], exits: new Map(), arrival: new Map(), byKernel: new Set(), names: session.sides };
  if (flow && !session.live) view.names = [[withoutPort(flow.from) || "left", flow.from || ""], [withoutPort(flow.dest) || "right", flow.dest || ""]];
  const entered = new Map();
  order.forEach((index, i) => {
    const event = events[index], last = view.beats[view.beats.length - 1];
    if (!last || last.number !== (event.b || 0)) view.beats.push({ number: event.b || 0, first: i, end: i + 1 });
    else last.end = i + 1;
    if (event.k === "call-enter") entered.set(event.pid + " " + event.id, index);
    if (event.k === "call-exit") view.exits.set(entered.get(event.pid + " " + event.id), { index, at: i });
    if (event.k === "packet-delivered" && !view.arrival.has(event.id)) view.arrival.set(event.id, index);
    for (const change of event.c || []) if (change[1] === "kernel") view.byKernel.add(change[0]);
  });
  view.rows = layRows(events, order, view.byKernel);
  const place = new Map(order.map((index, i) => [index, i])), asked = recording.questions.filter((question) => place.has(question.at));
  const own = asked.filter((question) => !question.derived);
  view.questions = (own.length ? own : asked).map((question) => ({ ...question, before: place.get(question.at) }));
  return view;
}

function beatAt(position) {
  const { beats } = at.view;
  let low = 0, high = beats.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beats[middle].end < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* --- going --- */

/* In predict mode nobody gets past a question that was not answered. */
function stopAtQuestion(from, to) {
  if (!at.predict || to <= from) return null;
  return at.view.questions.find((question) => question.before >= from && question.before < to && !at.answers.has(question)) || null;
}

function go(position, options = {}) {
  const goal = Math.max(0, Math.min(at.view.order.length, position));
  const question = options.freely ? null : stopAtQuestion(at.position, goal);
  const before = at.position;
  at.position = question ? question.before : goal;
  at.asking = question;
  at.fresh = at.position > before ? at.view.order[before] : Infinity;
  if (question) pause();
  if (at.position !== before || options.freely) at.picked = null;
  show(before);
}

function nextBeat() {
  if (at.asking && !at.answers.has(at.asking)) return answer(-1);
  const beat = at.view.beats[beatAt(at.position)], next = at.view.beats[beatAt(at.position) + 1];
  if (beat) go(at.position < beat.end ? beat.end : next ? next.end : beat.end);
}

function lastBeat() {
  const here = beatAt(at.position), { beats } = at.view;
  go(here > 0 ? beats[here - 1].end : 0);
}

function stepEvent(by) {
  if (by > 0 && at.asking && !at.answers.has(at.asking)) return answer(-1);
  go(at.position + by);
}

function answer(choice) {
  const question = at.asking;
  if (!question || at.answers.has(question) || choice >= question.choices.length) return;
  at.answers.set(question, choice);
  show(at.position);
  ui.caption.querySelector(".why")?.focus();
}

function play() {
  if (at.timer) return pause();
  if (at.position >= at.view.order.length) go(0);
  at.timer = setInterval(() => (at.position >= at.view.order.length ? pause() : nextBeat()), at.pace);
  showPlaying();
}

function pause() {
  clearInterval(at.timer);
  at.timer = null;
  showPlaying();
}

function setPace(factor) {
  at.pace = factor === 1 ? 1600 : Math.max(300, Math.min(6400, at.pace / factor));
  if (at.timer) {
    pause();
    play();
  }
  say(`Speed ${(1600 / at.pace).toFixed(1)}`);
}

function setPredict(on) {
  at.predict = on;
  at.asking = null;
  ui.predict.setAttribute("aria-pressed", String(on));
  show(at.position);
  say(on ? "Predict is on: questions stop you before the outcome." : "Predict is off.");
}

/* --- the address: #step=7 is the end of step 7, #step=7.2 its second event --- */

function fromAddress() {
  const found = /^#step=(\d+)(?:\.(\d+))?$/.exec(location.hash);
  const beat = found && at.view.beats.find((each) => each.number === Number(found[1]));
  if (!beat) return null;
  return found[2] ? Math.min(beat.first + Number(found[2]), beat.end) : beat.end;
}

let addressTimer = null;

function toAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const beat = at.view.beats[beatAt(at.position)];
    if (!beat || at.position === 0) return;
    const part = at.position === beat.end ? "" : "." + (at.position - beat.first);
    history.replaceState(null, "", `#step=${beat.number}${part}`);
  }, 200);
}

/* --- showing --- */

function say(text) {
  ui.live.textContent = text;
}

function showPlaying() {
  ui.play.replaceChildren(icon(at.timer ? "M4 3h4v14H4z M12 3h4v14h-4z" : "M5 2.5 L17 10 L5 17.5 Z"), make("span", {}, at.timer ? "Pause" : "Play"));
}

function showCaption(beat) {
  const { events } = recording, { order } = at.view;
  ui.root.classList.toggle("asking", at.asking !== null);
  if (at.asking) {
    const number = at.view.questions.indexOf(at.asking) + 1;
    ui.caption.replaceChildren(questionCard(at.asking, at.answers.get(at.asking), number, at.view.questions.length, { choose: answer, score: score() }));
    return;
  }
  const shown = order.slice(beat.first, Math.min(beat.end, at.position)), last = shown[shown.length - 1];
  const lines = shown.filter((index) => events[index].k !== "caption" && sentence(index));
  const lead = shown.filter((index) => events[index].k === "caption").map((index) => make("p", { class: "lead" }, events[index].note));
  const list = lines.slice(-12).map((index) => make("li", { class: index === last ? "current" : null, "data-event": index }, sentence(index)));
  ui.caption.replaceChildren(make("p", { class: "stepline" }, at.position === 0 ? "Before the beginning" : `Step ${beat.number} of ${at.view.last} \u00b7 ${seconds(events[order[beat.first]].t)}`),
    ...lead, list.length ? make("ul", {}, list) : make("p", {}, "Nothing has happened yet. Next goes on."));
}

function showDiagrams(stage) {
  const tcp = (endpoint) => endpoint.path.length > 0;
  ui.diagrams.forEach((holder, side) => {
    const name = at.view.names[side][0], { svg, newest } = drawDiagram(stage, side, tcp, name);
    const words = newest ? `${newest.fromBox.replace("_AGAIN", "") || "?"} \u2192 ${newest.to}` + (newest.reason ? `: ${newest.reason}` : "") : "No TCP state has been seen yet.";
    holder.replaceChildren(make("h3", {}, name), make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `State diagram of ${name}` }, svg),
      make("p", { class: "edgewords" }, words, newest && newest.witness === "wire" ? " (inferred)" : ""));
  });
}

function packetsSoFar() {
  return at.view.order.slice(0, at.position).filter((index) => recording.events[index].k === "packet-sent");
}

function showBytes() {
  if (ui.bytes.hidden) return;
  const sent = packetsSoFar(), index = at.picked !== null && sent.includes(at.picked) ? at.picked : sent[sent.length - 1];
  ui.packetBack.disabled = index === undefined || sent.indexOf(index) <= 0;
  ui.packetNext.disabled = index === undefined || sent.indexOf(index) >= sent.length - 1;
  at.shownPacket = index;
  if (index === undefined) ui.packet.replaceChildren(make("p", {}, "No packet has been seen yet."));
  else showPacket(ui.packet, recording.events[index], sentence(index));
}

function stepPacket(by) {
  const sent = packetsSoFar(), place = sent.indexOf(at.shownPacket) + by;
  if (place < 0 || place >= sent.length) return;
  pickPacket(sent[place]);
}

function pickPacket(index) {
  at.picked = index;
  setBytes(true);
}

function setBytes(open) {
  ui.bytes.hidden = !open;
  ui.bytesButton.setAttribute("aria-expanded", String(open));
  showBytes();
}

function showStory(beat) {
  const seen = at.position > 0 ? beat.number : 0;
  if (!ui.story.open) return;
  for (const item of ui.steps) {
    item.el.classList.toggle("current", item.number === seen);
    item.el.hidden = at.predict && item.number >= seen + (at.position >= beat.end ? 1 : 0);
  }
}

function showScrub(beat, number) {
  ui.range.max = String(at.view.order.length);
  ui.range.value = String(at.position);
  const words = at.position === 0 ? "before the beginning" : `step ${beat.number} of ${at.view.last}, event ${at.position} of ${at.view.order.length}`;
  ui.range.setAttribute("aria-valuetext", words);
  ui.dots.forEach((dot, i) => (dot.className = i === number && at.position > 0 ? "here" : i <= number && at.position > 0 ? "seen" : ""));
  const end = at.position >= at.view.order.length;
  ui.next.toggleAttribute("data-end", end && !at.asking);
}

function showLadder(stage, beat) {
  const { events } = recording, { view } = at, last = view.order[at.position - 1];
  const label = at.position === 0 ? "Ladder, nothing has happened yet" : `Ladder of ${view.names[0][0]} and ${view.names[1][0]} up to: ${sentence(last)}`;
  const context = { events, order: view.order, position: at.position, rows: view.rows, stage, exits: view.exits, arrival: view.arrival,
    byKernel: view.byKernel, beatFirst: beat ? beat.first : 0, fresh: at.fresh ?? Infinity, label };
  const { svg, now } = drawLadder(context, Math.max(300, ui.paper.clientWidth - 2), pickPacket);
  ui.paper.replaceChildren(svg);
  ui.paper.scrollTop = Math.max(0, now - ui.paper.clientHeight + 70);
  drawEnds({ stage, names: view.names }, ui.ends);
  ui.lanes.forEach((holder, side) => drawLane({ events, stage, exits: view.exits, names: view.names }, side, holder));
}

function show(before) {
  const number = beatAt(at.position), beat = at.view.beats[number] || { number: 0, first: 0, end: 0 };
  const stage = stageAt(recording.events, at.view.order, at.position);
  showLadder(stage, beat);
  showCaption(beat);
  showDiagrams(stage);
  showBytes();
  showScrub(beat, number);
  showStory(beat);
  toAddress();
  if (at.asking) say(at.asking.ask);
  else if (at.position > 0) {
    const first = at.position > before && before >= beat.first ? before : beat.first;
    say(at.view.order.slice(Math.max(first, at.position - 12), at.position).map(sentence).filter(Boolean).join(" "));
  } else say("Before the beginning.");
}

function score() {
  const given = at.view.questions.filter((question) => at.answers.get(question) >= 0);
  const right = given.filter((question) => at.answers.get(question) === question.answer).length;
  return given.length ? `${right} of ${given.length} right so far` : "";
}

/* --- building --- */

function control(words, path, act, css) {
  return make("button", { type: "button", class: css || null, on: { click: act } }, path ? icon(path) : null, make("span", {}, words));
}

function buildControls() {
  ui.play = control("Play", "", play, "play");
  ui.next = control("Next", "M4 3 L11 10 L4 17 Z M11 3 L18 10 L11 17 Z", nextBeat, "main");
  ui.range = make("input", { type: "range", min: "0", max: "1", step: "1", "aria-label": "Position", on: { input: () => go(Number(ui.range.value)) } });
  ui.strip = make("div", { class: "strip", "aria-hidden": "true" });
  ui.predict = make("button", { type: "button", class: "toggle", "aria-pressed": "false", on: { click: () => setPredict(!at.predict) } }, "Predict");
  ui.bytesButton = make("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-controls": "bytes", on: { click: () => setBytes(ui.bytes.hidden) } }, "Bytes");
  ui.motion = make("button", { type: "button", class: "toggle", "aria-pressed": "false", on: { click: () => setMotion() } }, "Motion");
  const help = make("button", { type: "button", class: "toggle", on: { click: () => ui.help.showModal() } }, "Keys");
  return make("section", { class: "controls", "aria-label": "Controls" },
    make("div", { class: "track" }, ui.range, ui.strip),
    make("div", { class: "buttons" },
      control("First", "M3 3h2.5v14H3z M17 3 L7 10 L17 17 Z", () => go(0), "minor edge"),
      control("Back", "M16 3 L9 10 L16 17 Z M9 3 L2 10 L9 17 Z", lastBeat),
      control("1 event", "M14 4 L6 10 L14 16 Z", () => stepEvent(-1), "minor"), ui.play,
      control("1 event", "M6 4 L14 10 L6 16 Z", () => stepEvent(1), "minor"), ui.next,
      control("Last", "M17 3h-2.5v14H17z M3 3 L13 10 L3 17 Z", () => go(at.view.order.length), "minor edge"),
      make("span", { class: "tools" }, ui.predict, ui.bytesButton, ui.motion, help)));
}

function setMotion() {
  const on = ui.root.classList.toggle("motion");
  ui.motion.setAttribute("aria-pressed", String(on));
}

const KEYS = [["PgDn, n, j", "next step (in a question: reveal)"], ["PgUp, N, k", "previous step"], ["\u2192, l", "next event"], ["\u2190, h", "previous event"],
  ["Home, g", "to the beginning"], ["End, G", "to the end"], ["Space", "play, pause"], ["< > =", "slower, faster, normal"], ["0 \u2026 9", "to 0 \u2026 90 %"], ["p", "predict on, off"],
  ["a \u2026 f", "answer a question"], ["d", "bytes of the packet"], ["?", "this help"], ["Esc", "close this help"]];

function buildHelp() {
  const body = make("tbody", {}, KEYS.map(([keys, what]) => make("tr", {}, make("th", { scope: "row" }, keys), make("td", {}, what))));
  const off = make("input", { type: "checkbox", checked: true, on: { change: () => (at.shortcuts = off.checked) } });
  return make("dialog", { "aria-labelledby": "help-head" }, make("h2", { id: "help-head" }, "Keys"),
    make("table", {}, make("thead", { class: "unseen" }, make("tr", {}, make("th", { scope: "col" }, "Key"), make("th", { scope: "col" }, "What it does"))), body),
    make("p", {}, "Add ", make("code", {}, "#step=7"), " to the address to point at a moment; ", make("code", {}, "#step=7.2"), " is the second event of that step."),
    make("p", {}, make("label", {}, off, " letters and digits are keys")),
    make("form", { method: "dialog" }, make("button", {}, "Close")));
}

function buildChooser(flows) {
  if (flows.length < 2) return null;
  const select = make("select", { id: "flow", on: { change: () => choose(Number(select.value)) } });
  if (recording.session.live) select.append(make("option", { value: "0" }, `all ${flows.length} conversations`));
  for (const flow of flows) select.append(make("option", { value: String(flow.number) }, `${flow.from ? `${flow.from} \u2194 ${flow.dest}` : "without addresses"} (${plural(flow.packets, "packet")})`));
  const choose = (number) => openView(flows.find((flow) => flow.number === number) || null, 0);
  return make("p", { class: "chooser" }, make("label", { for: "flow" }, "Conversation "), select);
}

function buildBytes() {
  ui.packet = make("div");
  ui.packetBack = control("Previous packet", "", () => stepPacket(-1));
  ui.packetNext = control("Next packet", "", () => stepPacket(1));
  return (ui.bytes = make("section", { id: "bytes", class: "card bytespanel", hidden: true, "aria-label": "Bytes of a packet" },
    make("div", { class: "head" }, make("h2", {}, "Bytes"), ui.packetBack, ui.packetNext), ui.packet));
}

function buildStory() {
  const section = document.querySelector(".story"), list = section.querySelector("ol");
  ui.story = make("details", { class: "story", on: { toggle: () => show(at.position) } }, make("summary", {}, make("h2", {}, "All steps as text")), list);
  section.replaceWith(ui.story);
  ui.steps = Array.from(list.children, (el) => ({ el, number: Number(el.value) }));
  for (const { el } of ui.steps) el.removeAttribute("id");
  /* On a small screen the facts go where they are not in the way. */
  if (matchMedia("(max-width: 62rem), (max-height: 44rem)").matches) document.querySelector("footer").prepend(document.querySelector(".facts"));
  const paper = document.querySelector("section.paper");
  if (paper) paper.classList.add("print-only");
}

function build() {
  const flows = flowList();
  ui.root = document.getElementById("player");
  ui.live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
  ui.lanes = [make("section", { class: "lane side0", tabindex: "0", "aria-label": "Left end" }), make("section", { class: "lane side1", tabindex: "0", "aria-label": "Right end" })];
  ui.paper = make("div", { class: "paperroll", tabindex: "0", role: "group", "aria-label": "Ladder" });
  ui.ends = make("div", { class: "endsline" });
  ui.caption = make("section", { class: "card caption", "aria-label": "What happens" });
  ui.diagrams = [make("section", { class: "card side0" }), make("section", { class: "card side1" })];
  ui.help = buildHelp();
  const chooser = buildChooser(flows);
  ui.root.append(...[chooser, make("div", { class: "stage" }, ui.lanes[0], make("div", { class: "wire" }, ui.ends, ui.paper), ui.lanes[1], ui.caption), buildControls(), buildBytes(),
    make("section", { class: "diagrams", "aria-labelledby": "diagrams-head" }, make("h2", { id: "diagrams-head" }, "The two state diagrams"), ui.diagrams), ui.live, ui.help].filter(Boolean));
  buildStory();
  ui.root.hidden = false;
  document.body.classList.add("scripted");
  return recording.session.live ? null : flows[0] || null;
}

function openView(flow, position) {
  pause();
  at.view = makeView(flow);
  at.view.last = at.view.beats.length ? at.view.beats[at.view.beats.length - 1].number : 0;
  at.position = 0;
  at.asking = at.picked = null;
  const dots = at.view.beats.length <= 70 ? at.view.beats.map((beat) => {
    const dot = make("i");
    dot.style.setProperty("left", (100 * beat.end) / at.view.order.length + "%");
    return dot;
  }) : [];
  ui.dots = dots;
  ui.strip.replaceChildren(...dots);
  ui.predict.hidden = at.view.questions.length === 0;
  at.predict = at.view.questions.some((question) => !question.derived);
  ui.predict.setAttribute("aria-pressed", String(at.predict));
  const wanted = fromAddress();
  go(wanted ?? (at.view.beats[0] ? at.view.beats[0].end : position), { freely: wanted !== null });
}

/* --- keys --- */

const ACTIONS = {
  PageDown: nextBeat, n: nextBeat, j: nextBeat, PageUp: lastBeat, N: lastBeat, k: lastBeat,
  ArrowRight: () => stepEvent(1), l: () => stepEvent(1), ArrowLeft: () => stepEvent(-1), h: () => stepEvent(-1),
  Home: () => go(0), g: () => go(0), End: () => go(at.view.order.length), G: () => go(at.view.order.length),
  " ": play, "<": () => setPace(0.5), ">": () => setPace(2), "=": () => setPace(1),
  d: () => setBytes(ui.bytes.hidden), p: () => !ui.predict.hidden && setPredict(!at.predict), "?": () => ui.help.showModal(),
};

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || ui.help.open) return;
  const where = event.target instanceof Element ? event.target : document.body;
  if (where.closest("select, textarea") || (event.key === " " && where.closest("button, summary, a, input, [tabindex='0']"))) return;
  if (event.key.length === 1 && event.key !== " " && !at.shortcuts) return;
  let act = ACTIONS[event.key];
  if (at.asking && !at.answers.has(at.asking) && /^[a-f]$/.test(event.key)) act = () => answer(event.key.charCodeAt(0) - 97);
  if (/^[0-9]$/.test(event.key)) act = () => go(Math.round((at.view.order.length * Number(event.key)) / 10));
  if (!act) return;
  event.preventDefault();
  act();
}

function start() {
  openView(build(), 0);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => {
    const wanted = fromAddress();
    if (wanted !== null && wanted !== at.position) go(wanted, { freely: true });
  });
  let width = ui.paper.clientWidth;
  new ResizeObserver(() => {
    if (ui.paper.clientWidth !== width) {
      width = ui.paper.clientWidth;
      show(at.position);
    }
  }).observe(ui.paper);
}

start();
