/* What stands on the stage after so many events: a fold over the recording. Nothing is concluded here. */

function newStage() {
  return { lanes: new Map(), endpoints: new Map(), packets: new Map(), last: [null, null], main: [0, 0] };
}

function laneOf(stage, event) {
  const name = event.l || "";
  if (!stage.lanes.has(name))
    stage.lanes.set(name, { name, side: event.s, program: "", pid: event.pid, calls: [], ended: null });
  return stage.lanes.get(name);
}

function endpointOf(stage, number, side) {
  if (!number) return null;
  if (!stage.endpoints.has(number))
    stage.endpoints.set(number, { number, side, fd: -1, states: {}, path: [], local: "", remote: "" });
  const endpoint = stage.endpoints.get(number);
  if (endpoint.side === undefined) endpoint.side = side;
  return endpoint;
}

/* An address says more than the one before unless it has no port. */
function learn(endpoint, key, address) {
  if (address && (!endpoint[key] || !address.endsWith(":0"))) endpoint[key] = address;
}

function shownState(endpoint) {
  const { kernel, wire, api } = endpoint.states;
  if (kernel) return { state: kernel, witness: "kernel" };
  if (wire) return { state: wire, witness: "wire" };
  return api ? { state: api, witness: "api" } : { state: "", witness: "" };
}

function followCall(stage, event) {
  const endpoint = endpointOf(stage, event.e, event.s);
  if (!endpoint || event.s === undefined) return;
  endpoint.lane = event.l;
  const shown = stage.endpoints.get(stage.main[event.s]);
  if (!(endpoint.listening && shown && !shown.listening)) stage.main[event.s] = endpoint.number;
  learn(endpoint, "local", event.local);
  learn(endpoint, "remote", event.remote);
  if (event.call === "connect") learn(endpoint, "remote", event.address);
}

function endCall(stage, event, index) {
  const call = laneOf(stage, event).calls.findLast((each) => each.id === event.id && each.exit === null);
  if (call) call.exit = index;
  const endpoint = stage.endpoints.get(event.e);
  if (!endpoint || event.ret < 0) return;
  if (["socket", "accept", "accept4"].includes(event.call)) endpoint.fd = event.ret;
  else if (event.call === "close") endpoint.fd = -2;
  else if (endpoint.fd === -1) endpoint.fd = event.fd;
  if (event.call === "bind") learn(endpoint, "local", event.address);
  if (event.call === "listen") endpoint.listening = true;
}

function takeChange(stage, event, change, index) {
  const [number, witness, , now, reason, objection] = change;
  const side = number === event.p && isPacket(event) && number !== event.e ? event.g : event.s;
  const endpoint = endpointOf(stage, number, side);
  if (!endpoint) return;
  const before = shownState(endpoint).state;
  endpoint.states[witness] = now;
  endpoint.objection = objection;
  if (now === "LISTEN" || now === "listening") endpoint.listening = true;
  const after = shownState(endpoint);
  endpoint.gone = (after.state === "CLOSED" && before !== "") || after.state === "closed";
  if (after.state !== before && TCP_STATES.includes(after.state)) {
    const step = { from: before, to: after.state, reason, index, endpoint: number, witness: after.witness };
    endpoint.path.push(step);
    if (endpoint.side !== undefined) stage.last[endpoint.side] = step;
  }
}

const FOLDS = {
  "call-enter"(stage, event, index) {
    laneOf(stage, event).calls.push({ id: event.id, enter: index, exit: null });
    followCall(stage, event);
  },
  "call-exit"(stage, event, index) {
    followCall(stage, event);
    endCall(stage, event, index);
  },
  "packet-sent"(stage, event, index) {
    stage.packets.set(event.id, { sent: index, arrivals: [], dropped: null, held: null });
    const endpoint = endpointOf(stage, event.e, event.s);
    if (!endpoint) return;
    learn(endpoint, "local", event.from);
    learn(endpoint, "remote", event.dest);
    endpoint.proto = event.proto;
  },
  "packet-delivered"(stage, event, index) {
    stage.packets.get(event.id)?.arrivals.push(index);
  },
  "packet-dropped"(stage, event, index) {
    const packet = stage.packets.get(event.id);
    if (packet) packet.dropped = index;
  },
  "packet-held"(stage, event, index) {
    const packet = stage.packets.get(event.id);
    if (packet) packet.held = index;
  },
  process(stage, event) {
    const lane = laneOf(stage, event);
    if (event.program) lane.program = event.program;
    if (event.pid) lane.pid = event.pid;
    if (event.what === "exit") lane.ended = event.signal ? "ended by signal " + event.signal : "exit " + event.code;
  },
};

function askKernel(stage, event) {
  const endpoint = endpointOf(stage, event.e, event.s);
  if (!endpoint) return;
  learn(endpoint, "local", event.local);
  learn(endpoint, "remote", event.remote);
  endpoint.asked = true;
  endpoint.rq = event.rq || 0;
  endpoint.sq = event.sq || 0;
  endpoint.timer = event.timer || 0;
  endpoint.timerMs = event.ms || 0;
}

FOLDS.state = FOLDS.queue = FOLDS.timer = askKernel;

/* events[i] for i in `order`, of which the first `position` have happened. */
function stageAt(events, order, position) {
  const stage = newStage();
  for (let i = 0; i < position; i++) {
    const index = order[i], event = events[index];
    FOLDS[event.k]?.(stage, event, index);
    for (const change of event.c || []) takeChange(stage, event, change, index);
  }
  return stage;
}

/* What the kernel holds for a listening socket and no program has yet. */
function atTheDoor(stage, door) {
  const port = (door.local || "").split(":").pop();
  const waiting = Array.from(stage.endpoints.values()).filter((other) => other !== door && other.side === door.side &&
    other.lane === undefined && (other.local || "").split(":").pop() === port);
  return {
    half: waiting.filter((other) => shownState(other).state === "SYN_RECEIVED"),
    whole: waiting.filter((other) => ["ESTABLISHED", "CLOSE_WAIT"].includes(shownState(other).state)),
  };
}

/* The end of the conversation that a side shows: what its program last used, else the newest one with a state. */
function mainEndpoint(stage, side) {
  const chosen = stage.endpoints.get(stage.main[side]);
  if (chosen) return chosen;
  return Array.from(stage.endpoints.values()).filter((each) => each.side === side).pop() || null;
}
