// The exported pages in a real browser: node html.cjs FOLDER-OF-PAGES FOLDER-FOR-PICTURES. Exit 1 names what did not hold.
"use strict";
const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");
const axeSource = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [pages, pictures] = process.argv.slice(2).map((folder) => path.resolve(folder));
const browserPath = process.env.CHROMIUM || "/usr/bin/chromium";
const flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync"].concat(process.getuid() === 0 ? ["--no-sandbox"] : []);
const SIZES = [[1280, 800], [800, 600], [390, 844]];
const problems = [];
let checks = 0;

function check(holds, what) {
  checks++;
  if (!holds) problems.push(what);
}

function equal(seen, wanted, what) {
  check(seen === wanted, `${what}: saw ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);
}

const address = (name, hash = "") => `file://${pages}/${name}.html${hash}`;

/* A page in which every message, request and dialog is a problem. */
async function open(browser, name, { hash = "", script = true, size = [1280, 800], ...look } = {}) {
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, javaScriptEnabled: script, ...look });
  const page = await context.newPage();
  page.on("console", (message) => check(false, `${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => check(false, `${name}: ${error.stack}`));
  page.on("dialog", (dialog) => { check(false, `${name}: dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => check(request.url().split("#")[0] === address(name), `${name}: request to ${request.url()}`));
  await page.goto(address(name, hash));
  return page;
}

const text = (page, selector) => page.$eval(selector, (node) => node.textContent);
const texts = (page, selector) => page.$$eval(selector, (nodes) => nodes.map((node) => node.textContent));
const position = (page) => page.$eval("input[type=range]", (node) => [Number(node.value), Number(node.max)]);

async function axe(page, what) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of violations)
    check(false, `${what}: axe ${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  check(true, what);
}

async function withoutScript(browser, name) {
  const page = await open(browser, name, { script: false });
  const sentences = await texts(page, ".steps .e");
  check(await page.isVisible(".steps li"), `${name}: without script the steps are to be seen`);
  check(!(await page.isVisible("#player")), `${name}: without script there is no player`);
  equal(await page.$$eval("h1", (nodes) => nodes.length), 1, `${name}: h1`);
  await page.context().close();
  return sentences;
}

/* Every event by the right arrow: the sentence is in the caption, and in the region that is spoken. */
async function everyEvent(browser, name, sentences) {
  const page = await open(browser, name);
  await page.keyboard.press("Home");
  equal((await position(page))[0], 0, `${name}: Home`);
  const [, count] = await position(page);
  equal(count, sentences.length, `${name}: events`);
  for (let i = 1; i <= count; i++) {
    await page.keyboard.press("ArrowRight");
    equal((await position(page))[0], i, `${name}: right arrow`);
    const current = await page.$eval(".caption", (node) => (node.querySelector("li.current") || {}).textContent || "");
    equal(current, sentences[i - 1], `${name}: caption of event ${i}`);
    equal(await text(page, "[aria-live]"), sentences[i - 1], `${name}: spoken at event ${i}`);
  }
  for (let i = count - 1; i >= 0; i--) await page.keyboard.press("ArrowLeft");
  equal((await position(page))[0], 0, `${name}: left arrow`);
  await page.context().close();
}

async function everyStep(browser, name) {
  const page = await open(browser, name);
  const steps = await page.$$eval(".steps > li", (items) => items.map((item) => Array.from(item.querySelectorAll(".e"), (each) => each.textContent)));
  await page.keyboard.press("Home");
  for (let i = 0; i < steps.length; i++) {
    await page.keyboard.press("PageDown");
    equal((await texts(page, ".caption li")).join("\n"), steps[i].slice(-12).join("\n"), `${name}: step ${i + 1}`);
  }
  await page.keyboard.press("PageDown");
  const [at, end] = await position(page);
  equal(at, end, `${name}: stays at the end`);
  await page.keyboard.press("PageUp");
  check((await position(page))[0] < end, `${name}: PageUp goes back`);
  await page.keyboard.press("5");
  equal((await position(page))[0], Math.round(end / 2), `${name}: 5 is half`);
  await page.context().close();
}

async function deepLink(browser) {
  const page = await open(browser, "tcp-hello", { hash: "#step=7" });
  check((await text(page, ".stepline")).startsWith("Step 7 of "), "#step=7 opens step 7");
  await page.evaluate(() => { location.hash = "#step=3.1"; });
  await page.waitForFunction(() => document.querySelector(".stepline").textContent.startsWith("Step 3 of "));
  equal(await page.$$eval(".caption li", (items) => items.length), 1, "#step=3.1 is the first event of step 3");
  await page.keyboard.press("PageDown");
  await page.waitForFunction(() => location.hash === "#step=3");
  await page.context().close();
}

/* With the tab key alone: each button and the slider can be reached, and Enter presses. */
async function byTab(browser) {
  const page = await open(browser, "tcp-hello", { hash: "#step=2" });
  const wanted = new Set(await page.$$eval("#player button:not([disabled]), #player input, summary", (nodes) => nodes.filter((node) => node.offsetParent).map((node) => node.textContent || node.type)));
  for (let i = 0; i < 40 && wanted.size > 0; i++) {
    await page.keyboard.press("Tab");
    const [seen, outline] = await page.evaluate(() => [document.activeElement.textContent || document.activeElement.type, getComputedStyle(document.activeElement).outlineStyle]);
    if (wanted.delete(seen)) check(outline !== "none", `focus on ${seen} is to be seen`);
  }
  equal(Array.from(wanted).join(", "), "", "not reached by Tab");
  await page.focus("button.main");
  await page.keyboard.press("Enter");
  check((await text(page, ".stepline")).startsWith("Step 3 "), "Enter presses Next");
  await page.keyboard.press("Home");
  await page.keyboard.press("Space");
  check((await text(page, ".stepline")).startsWith("Step 1 "), "Space presses the button that has the focus");
  await page.keyboard.press("?");
  check(await page.isVisible("dialog"), "? opens the help");
  await axe(page, "help");
  await page.keyboard.press("Escape");
  check(!(await page.isVisible("dialog")), "Esc closes the help");
  await page.context().close();
}

async function plays(browser) {
  const page = await open(browser, "tcp-hello", { hash: "#step=1" });
  const [before] = await position(page);
  await page.keyboard.press("Space");
  await page.keyboard.press(">");
  await page.keyboard.press(">");
  await page.waitForFunction((from) => Number(document.querySelector("input[type=range]").value) > from, before, { timeout: 5000 });
  await page.keyboard.press("Space");
  check((await text(page, "button.play")).includes("Play"), "Space pauses");
  check(!(await page.$eval("#player", (node) => node.classList.contains("motion"))), "nothing moves unless asked");
  await page.context().close();
}

/* The state that is asked for is nowhere on the page before it is revealed, and on it afterwards. */
async function predicts(browser) {
  const page = await open(browser, "question");
  equal(await page.getAttribute("button.toggle", "aria-pressed"), "true", "predict is on when the scenario asks");
  await page.keyboard.press("End");
  equal(await text(page, ".ask"), "Which returns first?", "the question stops us");
  equal((await texts(page, ".choice span")).join("|"), "accept()|connect()|both", "choices");
  check(!(await page.innerText("body")).includes("SYN_SENT, blocked"), "the outcome is not to be seen");
  check(!(await text(page, ".paperroll")).includes("SYN"), "nor on the ladder");
  await axe(page, "question");
  await page.keyboard.press("End");
  equal(await text(page, ".ask"), "Which returns first?", "it stops us until it is answered");
  await page.keyboard.press("a");
  check((await text(page, ".why")).startsWith("Not so: it is B. The SYN,ACK lets connect() return."), "the answer");
  await axe(page, "answer");
  await page.keyboard.press("End");
  const [at, end] = await position(page);
  equal(at, end, "then we go on");
  await page.context().close();

  const derived = await open(browser, "tcp-hello");
  await derived.keyboard.press("p");
  for (let i = 0; i < 200 && (await position(derived))[0] < (await position(derived))[1]; i++) {
    await derived.keyboard.press("PageDown");
    const ask = await derived.$(".question .ask");
    if (!ask || (await derived.$(".why"))) continue;
    const [, from] = /is in ([A-Z_0-9]+)\./.exec(await ask.textContent()) || [];
    check(from !== undefined, "a question about a state");
    const right = (await derived.$$(".choice"))[0];
    await right.click();
    check(/^(Right|Not so)/.test(await text(derived, ".why")), "a verdict");
  }
  equal((await position(derived))[0], (await position(derived))[1], "the questions end");
  await derived.context().close();
}

async function hostile(browser) {
  const page = await open(browser, "hostile");
  await page.keyboard.press("End");
  await page.keyboard.press("d");
  await page.keyboard.press("p");
  await page.keyboard.press("Home");
  await page.keyboard.press("End");
  check(!(await page.title()).startsWith("broken"), "hostile: the title is not theirs");
  equal(await page.$$eval("script", (nodes) => nodes.length), 2, "hostile: scripts");
  equal(await page.$$eval("img, iframe, object, b script", (nodes) => nodes.length), 0, "hostile: elements");
  check((await text(page, "h1")).includes("</h1><script>"), "hostile: the title is shown as text");
  await page.$eval("details.story", (node) => { node.open = true; });
  await axe(page, "hostile");
  await page.context().close();
}

async function flows(browser) {
  const page = await open(browser, "flows");
  equal(await page.$$eval("#flow option", (nodes) => nodes.length), 12, "a chooser of 12 conversations");
  const [, count] = await position(page);
  equal(count, 9, "packets of the first");
  await page.selectOption("#flow", { index: 4 });
  await page.keyboard.press("Home");
  await page.focus(".paperroll");
  await page.keyboard.press("End");
  check((await texts(page, ".sockets")).join(" ").includes(":40004"), "the one that was chosen is shown");
  check((await text(page, ".badge .witness")).includes("inferred"), "what is inferred says so");
  await axe(page, "flows");
  await page.context().close();
}

async function long(browser) {
  const page = await open(browser, "long");
  const [, count] = await position(page);
  equal(count, 10000, "long: events");
  for (const key of ["End", "PageUp", "ArrowLeft", "5", "PageDown", "Home"]) {
    const took = await page.evaluate((name) => {
      const start = performance.now();
      document.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
      document.body.offsetHeight;
      return performance.now() - start;
    }, key);
    check(took < 1000, `long: ${key} took ${took.toFixed(0)} ms`);
  }
  await page.context().close();
}

/* Looks: every size and scheme, with axe; nothing is wider than the screen. */
async function looks(browser, name) {
  for (const size of SIZES)
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(browser, name, { hash: "#step=12", size, colorScheme });
      const what = `${name} ${size.join("x")} ${colorScheme}`;
      equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth > 0), false, `${what}: wider than the screen`);
      await axe(page, what);
      await page.screenshot({ path: `${pictures}/${name}-${size.join("x")}-${colorScheme}.png` });
      await page.keyboard.press("d");
      await page.$eval("details.story", (node) => { node.open = true; });
      await axe(page, `${what}, all open`);
      equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth > 0), false, `${what}, all open: wider than the screen`);
      await page.context().close();
    }
}

async function otherEyes(browser) {
  const page = await open(browser, "tcp-hello", { hash: "#step=12", forcedColors: "active", reducedMotion: "reduce" });
  await page.click("text=Motion");
  await page.keyboard.press("PageDown");
  const moving = await page.evaluate(() => document.getAnimations().length);
  equal(moving, 0, "reduced motion: nothing moves");
  await page.screenshot({ path: `${pictures}/forced-colors.png` });
  await page.context().close();
  const zoomed = await open(browser, "tcp-hello", { hash: "#step=12", size: [640, 400] });
  equal(await zoomed.evaluate(() => document.documentElement.scrollWidth - innerWidth > 0), false, "at 200 % nothing is wider than the screen");
  await zoomed.context().close();
}

async function prints(browser, name) {
  const page = await open(browser, name, { hash: "#step=3" });
  for (const format of ["A4", "Letter"]) {
    const pdf = await page.pdf({ format, path: `${pictures}/${name}-${format}.pdf` });
    equal(pdf.subarray(0, 5).toString(), "%PDF-", `${name}: prints on ${format}`);
  }
  await page.emulateMedia({ media: "print" });
  check(!(await page.isVisible("#player")), `${name}: no controls on paper`);
  await page.context().close();
}

async function sheets(browser) {
  for (const name of fs.readdirSync(pages).filter((file) => /worksheet|answers/.test(file)).map((file) => file.replace(/\.html$/, ""))) {
    const page = await open(browser, name);
    await axe(page, name);
    check((await page.$$eval("section.task", (nodes) => nodes.length)) >= 4, `${name}: tasks`);
    for (const format of ["A4", "Letter"]) await page.pdf({ format, path: `${pictures}/${name}-${format}.pdf` });
    await page.context().close();
  }
}

async function run() {
  const browser = await chromium.launch({ executablePath: browserPath, args: flags });
  for (const name of ["tcp-hello", "syn-lost", "udp-hello"]) {
    await everyEvent(browser, name, await withoutScript(browser, name));
    await everyStep(browser, name);
    await prints(browser, name);
  }
  for (const name of ["tcp-hello", "syn-lost"]) await looks(browser, name);
  await (await open(browser, "empty")).context().close();
  for (const part of [deepLink, byTab, plays, predicts, hostile, flows, long, otherEyes, sheets]) await part(browser);
  await browser.close();
  for (const problem of problems.slice(0, 40)) console.log(`FAIL: ${problem}`);
  if (problems.length > 40) console.log(`and ${problems.length - 40} more`);
  console.log(`html in the browser: ${checks} checks, ${problems.length} problems`);
  process.exit(problems.length > 0 ? 1 : 0);
}

run().catch((error) => {
  console.log(`FAIL: ${error.stack}`);
  process.exit(1);
});
