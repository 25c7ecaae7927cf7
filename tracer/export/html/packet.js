/* The bytes of a packet: what each of them means, read from the bytes themselves. */

function bytesOf(hex) {
  return Uint8Array.from((hex || "").match(/../g) || [], (pair) => parseInt(pair, 16));
}

const hex2 = (byte) => byte.toString(16).padStart(2, "0");

function fieldReader(bytes) {
  const fields = [];
  const number = (at, size) => bytes.slice(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);
  const add = (name, at, size, value) => at + size <= bytes.length && fields.push({ name, at, size, value });
  return { fields, number, add, size: bytes.length,
    ip4: (at) => Array.from(bytes.slice(at, at + 4)).join("."),
    ip6: (at) => Array.from({ length: 8 }, (_, i) => number(at + 2 * i, 2).toString(16)).join(":"),
    mac: (at) => Array.from(bytes.slice(at, at + 6), hex2).join(":") };
}

function readEthernet(read) {
  read.add("Ethernet destination", 0, 6, read.mac(0));
  read.add("Ethernet source", 6, 6, read.mac(6));
  const type = read.number(12, 2);
  read.add("Ethernet type", 12, 2, { 0x0800: "IPv4", 0x86dd: "IPv6", 0x0806: "ARP" }[type] || "0x" + type.toString(16));
}

function readIp(read, at) {
  const version = read.number(at, 1) >> 4;
  if (version === 4) {
    const length = (read.number(at, 1) & 15) * 4;
    read.add("IP version, header length", at, 1, `4, ${length} bytes`);
    read.add("Total length", at + 2, 2, read.number(at + 2, 2) + " bytes");
    read.add("Identification", at + 4, 2, read.number(at + 4, 2));
    read.add("Time to live", at + 8, 1, read.number(at + 8, 1));
    read.add("Protocol", at + 9, 1, { 1: "ICMP", 6: "TCP", 17: "UDP" }[read.number(at + 9, 1)] || read.number(at + 9, 1));
    read.add("IP source", at + 12, 4, read.ip4(at + 12));
    read.add("IP destination", at + 16, 4, read.ip4(at + 16));
    return { at: at + length, protocol: read.number(at + 9, 1), end: at + read.number(at + 2, 2) };
  }
  if (version !== 6) return null;
  read.add("IP version", at, 1, "6");
  read.add("Payload length", at + 4, 2, read.number(at + 4, 2) + " bytes");
  read.add("Next header", at + 6, 1, { 6: "TCP", 17: "UDP", 58: "ICMPv6" }[read.number(at + 6, 1)] || read.number(at + 6, 1));
  read.add("Hop limit", at + 7, 1, read.number(at + 7, 1));
  read.add("IP source", at + 8, 16, read.ip6(at + 8));
  read.add("IP destination", at + 24, 16, read.ip6(at + 24));
  return { at: at + 40, protocol: read.number(at + 6, 1), end: at + 40 + read.number(at + 4, 2) };
}

function readTcp(read, at, end, event) {
  const header = (read.number(at + 12, 1) >> 4) * 4, note = (value) => (value === undefined ? "" : `  (relative ${value})`);
  read.add("Source port", at, 2, read.number(at, 2));
  read.add("Destination port", at + 2, 2, read.number(at + 2, 2));
  read.add("Sequence number", at + 4, 4, read.number(at + 4, 4) + note(event.seq));
  read.add("Acknowledgment number", at + 8, 4, read.number(at + 8, 4) + note(event.ack));
  read.add("Header length", at + 12, 1, header + " bytes");
  read.add("Flags", at + 13, 1, event.flags || "none");
  read.add("Window", at + 14, 2, read.number(at + 14, 2) + (event.win ? `  (${event.win} bytes)` : ""));
  read.add("Checksum", at + 16, 2, "0x" + read.number(at + 16, 2).toString(16).padStart(4, "0"));
  if (header > 20) read.add("TCP options", at + 20, header - 20, header - 20 + " bytes");
  return at + header;
}

function readUdp(read, at) {
  read.add("Source port", at, 2, read.number(at, 2));
  read.add("Destination port", at + 2, 2, read.number(at + 2, 2));
  read.add("Length", at + 4, 2, read.number(at + 4, 2) + " bytes");
  read.add("Checksum", at + 6, 2, "0x" + read.number(at + 6, 2).toString(16).padStart(4, "0"));
  return at + 8;
}

function fieldsOf(event) {
  const bytes = bytesOf(event.hex), read = fieldReader(bytes), at = event.ip || 0;
  if (event.link === 1 && at >= 14) readEthernet(read);
  const ip = readIp(read, at);
  if (!ip || ip.at >= bytes.length) return { bytes, fields: read.fields };
  let payload = ip.at;
  if (ip.protocol === 6) payload = readTcp(read, ip.at, ip.end, event);
  else if (ip.protocol === 17) payload = readUdp(read, ip.at);
  else if (ip.protocol === 1 || ip.protocol === 58) {
    read.add("ICMP type", ip.at, 1, read.number(ip.at, 1));
    read.add("ICMP code", ip.at + 1, 1, read.number(ip.at + 1, 1));
    payload = ip.at + 8;
  }
  const end = Math.min(ip.end, bytes.length);
  if (payload < end) read.add("Data", payload, end - payload, plural(end - payload, "byte"));
  return { bytes, fields: read.fields };
}

function hexRows(bytes) {
  const rows = [], cells = [];
  for (let row = 0; row < bytes.length; row += 16) {
    const line = make("div", { class: "hexrow" }, make("span", { class: "offset" }, row.toString(16).padStart(4, "0")));
    const words = make("span", { class: "bytes" }), letters = make("span", { class: "letters" });
    for (let i = row; i < Math.min(row + 16, bytes.length); i++) {
      const letter = bytes[i] > 32 && bytes[i] < 127 ? String.fromCharCode(bytes[i]) : "\u00b7";
      const pair = [make("span", {}, hex2(bytes[i])), make("span", {}, letter)];
      cells.push(pair);
      words.append(pair[0], " ");
      letters.append(pair[1]);
    }
    line.append(words, letters);
    rows.push(line);
  }
  return { rows, cells };
}

function showPacket(holder, event, sentence) {
  const { bytes, fields } = fieldsOf(event), { rows, cells } = hexRows(bytes), body = make("tbody");
  const light = (field, on) => cells.slice(field.at, field.at + field.size).flat().forEach((cell) => cell.classList.toggle("lit", on));
  for (const field of fields) {
    const row = make("tr", { on: { mouseenter: () => light(field, true), mouseleave: () => light(field, false) } },
      make("th", { scope: "row" }, field.name), make("td", {}, String(field.value)), make("td", { class: "place" }, field.size === 1 ? `${field.at}` : `${field.at}\u2013${field.at + field.size - 1}`));
    body.append(row);
  }
  holder.replaceChildren(make("p", { class: "said" }, sentence));
  if (bytes.length === 0) {
    holder.append(make("p", {}, "The bytes of this packet are not in the recording."));
    return;
  }
  const table = make("table", { class: "fields" }, make("caption", { class: "unseen" }, "Fields of the packet"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Field"), make("th", { scope: "col" }, "Value"), make("th", { scope: "col" }, "Bytes"))), body);
  const hex = make("div", { class: "hex", role: "group", tabindex: "0", "aria-label": "Bytes in hexadecimal" }, rows);
  const missing = (event.wire || 0) - bytes.length;
  holder.append(make("div", { class: "split" }, table, hex));
  if (missing > 0) holder.append(make("p", { class: "quiet" }, `${plural(missing, "more byte")} of this packet ${missing === 1 ? "is" : "are"} not shown.`));
}
