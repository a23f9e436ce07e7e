// What was measured: verdicts, and the records of the journal that they cite.

const SIDE_BY_SIDE = "(min-width: 80rem)";

function citation(seq) {
  return el("button", { type: "button", class: "cite", "data-record": seq, "aria-label": `Record ${seq}` }, `#${seq}`);
}

function buildMeasured(run, episode) {
  const known = new Set(episode.evidence.map((record) => record[0]));
  const outcomes = [...new Set([...run.outcomes, ...Object.keys(episode.verdicts)])].filter((name) => episode.verdicts[name]);
  const verdicts = outcomes.map((outcome) => verdictEntry(run, outcome, episode.verdicts[outcome], known));
  const records = episode.evidence.map((record) => recordEntry(run, record));
  return el("div", { class: "measured" },
    el("h4", {}, "Verdicts"), el("ul", { class: "verdicts" }, verdicts),
    records.length ? [el("h4", {}, "Evidence"), el("ol", { class: "records" }, records)] : "");
}

function verdictEntry(run, outcome, [level, method, time, evidence, note], known) {
  const cites = evidence.map((seq) => (known.has(seq)
    ? citation(seq)
    : el("span", { class: "cite" }, `#${seq}`)));
  const how = `${method ? `, ${spaced(method)}` : ""}${time !== null ? `, at ${clock(time)}` : ""}`;
  return el("li", { class: level }, el("span", { class: `glyph ${level}`, "aria-hidden": "true" }, GLYPHS[level]),
    el("div", {}, el("b", {}, spaced(outcome)), `: ${level}${how}`,
      run.text(note) ? el("p", {}, run.text(note)) : "",
      cites.length ? el("p", { class: "cites" }, cites) : ""));
}

function recordEntry(run, [seq, time, actor, verb, object, details]) {
  const given = details.map(([key, value]) => [el("dt", {}, key), el("dd", {}, argument(run.text(value)))]);
  return el("li", { "data-entry": seq, tabindex: "-1" },
    el("p", {}, citation(seq), ` ${clock(time)} ${actor} `, el("b", {}, verb), ` ${run.text(object)}`),
    given.length ? el("dl", {}, given) : "");
}

// Marks one record in the evidence and in the timeline. What was not clicked comes into view: from a verdict, the
// evidence, and the timeline too where it scrolls by itself; from the evidence, the timeline; and the other way round.
function markRecord(root, seq, from) {
  for (const marked of root.querySelectorAll(".marked")) marked.classList.remove("marked");
  const entry = root.querySelector(`[data-entry="${seq}"]`);
  const mark = root.querySelector(`[data-mark="${seq}"]`);
  for (const found of [entry, mark]) found?.classList.add("marked");
  if (from !== "timeline" && (from === "records" || matchMedia(SIDE_BY_SIDE).matches)) mark?.scrollIntoView({ block: "nearest" });
  if (from === "records") return;
  entry?.scrollIntoView({ block: "nearest" });
  entry?.focus({ preventScroll: true });
}
