/* A lane: one host, its processes and calls, its sockets, and the state that is shown for it. */

/* As many calls as fit below the state and the sockets. */
function callsShown(holder, processes) {
  if (matchMedia("(max-width: 62rem)").matches) return 6;
  return Math.max(3, Math.min(12, Math.floor((holder.clientHeight - 240) / 24 / processes)));
}

const WITNESS_WORDS = { kernel: "the kernel's word", wire: "inferred from packets", api: "by its calls" };

function drawBadge(shown, endpoint, door) {
  const words = [];
  if (shown.witness) words.push(WITNESS_WORDS[shown.witness]);
  if (endpoint && endpoint.objection === 1) words.push("the witnesses disagree");
  if (endpoint && endpoint.objection === 2) words.push("impossible by RFC 9293");
  if (door && door.half.length) words.push(plural(door.half.length, "half-open connection"));
  const empty = shown.state === "";
  return make("div", { class: "badge " + (empty ? "none" : shown.witness) },
    make("span", { class: "state" }, empty ? (recording.session.live ? "no socket" : "not known") : shown.state),
    make("span", { class: "witness" }, words.join(", ") || "nothing has been seen yet"));
}

function drawSocket(endpoint, isMain) {
  const fd = endpoint.fd >= 0 ? "fd " + endpoint.fd : endpoint.lane === undefined ? (recording.session.live ? "kernel" : "") : endpoint.fd === -2 ? "no fd" : "";
  const shown = shownState(endpoint).state, ends = [endpoint.local || "no address yet"];
  if (endpoint.remote && !endpoint.remote.endsWith(":0")) ends.push("\u2192 " + endpoint.remote);
  return make("li", { class: isMain ? "main" : null }, make("span", { class: "fd" }, fd),
    make("span", { class: "ends" }, ends.map((end) => make("span", {}, end)), isMain ? null : make("span", { class: "mini" }, shown)));
}

function drawCall(context, call, latest) {
  const { events } = context, enter = events[call.enter], back = call.exit === null ? null : events[call.exit];
  const quickly = context.exits.get(call.enter), waits = !back && !(quickly && events[quickly.index].ns < 1e6);
  const mark = back ? (back.ret < 0 ? "\u2717" : "\u2713") : "\u25ba", text = enter.text || enter.call + "()";
  const kind = back ? (back.ret < 0 ? "failed" : "done") : waits ? "blocked" : "running";
  return make("li", { class: kind + (latest ? " latest" : "") },
    make("span", { class: "mark", "aria-label": back ? (back.ret < 0 ? "failed" : "done") : "running", role: "img" }, mark),
    make("span", { class: "what" }, text),
    back ? make("b", {}, back.result) : waits ? make("em", {}, "BLOCKED") : make("b"),
    enter.src ? make("span", { class: "src" }, latest ? enter.src : enter.src.replace(/^.*:/, ":")) : null);
}

function drawQueues(stage, endpoints) {
  const lines = [];
  for (const endpoint of endpoints) {
    if (endpoint.gone) continue;
    if (endpoint.listening) {
      const door = atTheDoor(stage, endpoint), limit = endpoint.sq ? ` of ${endpoint.sq + 1}` : "";
      lines.push(["SYN queue", String(door.half.length)], ["accept queue", door.whole.length + limit]);
    } else if (endpoint.asked) {
      lines.push(["send queue", `${endpoint.sq} B`], ["receive queue", `${endpoint.rq} B`]);
      if (endpoint.timer === 3) lines.push(["TIME_WAIT for", Math.round(endpoint.timerMs / 1000) + " s"]);
      if (endpoint.timer === 1) lines.push(["retransmits in", milliseconds(endpoint.timerMs * 1e6)]);
    }
  }
  return make("dl", { class: "queues" }, lines.slice(0, 6).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function drawProcess(context, lane, shown) {
  const calls = lane.calls.slice(-shown), left = lane.calls.length - calls.length;
  const head = [lane.program || lane.name, lane.pid ? "pid " + lane.pid : "", lane.ended || ""].filter(Boolean).join(", ");
  return make("div", { class: "process" }, make("p", { class: "program" }, head),
    left > 0 ? make("p", { class: "earlier" }, `after ${plural(left, "earlier call")}`) : null,
    calls.length ? make("ul", { class: "calls" }, calls.map((call, i) => drawCall(context, call, i === calls.length - 1))) : null);
}

/* Where there is no room for the lanes beside the ladder: who is where, in one line. */
function drawEnds(context, holder) {
  holder.replaceChildren(...[0, 1].map((side) => {
    const main = mainEndpoint(context.stage, side), shown = main ? shownState(main) : { state: "no socket", witness: "none" };
    return make("p", { class: `end side${side} ${shown.witness}` }, make("span", {}, context.names[side][0]), make("b", {}, shown.state || "no socket"));
  }));
}

function drawLane(context, side, holder) {
  const { stage, names } = context, main = mainEndpoint(stage, side);
  const mine = Array.from(stage.endpoints.values()).filter((each) => each.side === side);
  const shown = main ? shownState(main) : { state: "", witness: "" };
  const door = mine.find((each) => each.listening && !each.gone), others = mine.filter((each) => each !== main && !each.gone);
  const lanes = Array.from(stage.lanes.values()).filter((lane) => lane.side === side && (lane.calls.length || lane.program));
  holder.replaceChildren(
    make("div", { class: "face" }, make("h2", {}, names[side][0], names[side][1] && names[side][1] !== names[side][0] ? make("span", {}, names[side][1]) : null),
      drawBadge(shown, main, door && door === main ? atTheDoor(stage, door) : null)),
    make("ul", { class: "sockets" }, main ? drawSocket(main, true) : null, others.slice(-3).map((each) => drawSocket(each, false))),
    ...lanes.slice(-3).map((lane) => drawProcess(context, lane, callsShown(holder, Math.min(3, lanes.length)))), drawQueues(stage, mine));
  const latest = Array.from(holder.querySelectorAll(".latest")).pop();
  holder.scrollTop = latest ? Math.max(0, latest.offsetTop + latest.offsetHeight + 12 - holder.clientHeight) : 0;
}
