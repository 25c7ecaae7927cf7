/* Predict: a question is asked before its outcome is anywhere on the page. */

function questionCard(question, chosen, number, count, act) {
  const open = chosen === undefined, letter = (i) => String.fromCharCode(65 + i);
  const card = make("div", { class: "question" }, make("p", { class: "stepline" }, `Predict \u00b7 question ${number} of ${count}`,
    question.derived ? make("span", { class: "quiet" }, " \u00b7 made from the recording") : null, act.score ? ` \u00b7 ${act.score}` : null), make("p", { class: "ask" }, question.ask));
  const list = make("div", { class: "choices", role: "group", "aria-label": "Choices" });
  question.choices.forEach((text, i) => {
    const state = open ? "" : i === question.answer ? " right" : i === chosen ? " wrong" : " other";
    const word = open ? "" : i === question.answer ? "right" : i === chosen ? "not so" : "";
    list.append(make("button", { type: "button", class: "choice" + state, disabled: !open, on: { click: () => act.choose(i) } },
      make("b", {}, letter(i)), make("span", {}, text), word ? make("em", {}, word) : null));
  });
  if (open) card.append(list, make("p", { class: "quiet" }, question.choices.length ? "Decide before you look. Next reveals the answer." : "Think, then go on with Next."));
  else card.append(make("p", { class: "why", tabindex: "-1" }, make("b", {}, verdict(question, chosen)), " ", question.why || ""), list);
  return card;
}

function verdict(question, chosen) {
  if (question.choices.length === 0) return "";
  const right = String.fromCharCode(65 + question.answer) + ".";
  return chosen === -1 ? `The answer is ${right}` : chosen === question.answer ? "Right." : `Not so: it is ${right}`;
}
