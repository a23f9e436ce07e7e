// Which episodes the list shows: a form, and what it says about an episode.

function buildFilters(form, run) {
  for (const factor of run.factors) {
    const levels = [...new Set(run.conditions.map((condition) => condition[factor] ?? ""))];
    form.append(choice(factor, `factor:${factor}`, levels.map((level) => [level, level])));
  }
  const verdicts = tally(run, (outcome, [level]) => [`${outcome}\n${level}`, outcome, level]);
  form.append(grouped("outcome", "verdict", run, verdicts));
  const methods = tally(run, (outcome, [, method]) => (method ? [`${outcome}\n${method}`, outcome, spaced(method)] : null));
  if (methods.size) form.append(grouped("method", "method", run, methods));
  const ends = [...new Set(run.episodes.map((episode) => episode.ended))].sort();
  if (ends.length > 1) form.append(choice("ended", "ended", ends.map((end) => [end, end])));
  form.append(el("label", { class: "text" }, el("span", {}, "text"),
    el("input", { type: "search", name: "text", placeholder: "id, message, note …  ( / )", autocomplete: "off" })));
  form.append(el("button", { type: "reset" }, "Clear"));
}

function choice(label, name, options) {
  return labelled(label, name, options.map(([value, text]) => el("option", { value }, text)));
}

function labelled(label, name, options) {
  return el("label", {}, el("span", {}, label), el("select", { name }, el("option", { value: "" }, "any"), options));
}

// Counts what `key` makes of each verdict: value → [outcome, text, count].
function tally(run, key) {
  const counts = new Map();
  for (const episode of run.episodes) {
    for (const [outcome, verdict] of Object.entries(episode.verdicts)) {
      const kind = key(outcome, verdict);
      if (!kind) continue;
      const entry = counts.get(kind[0]) || [kind[1], kind[2], 0];
      entry[2] += 1;
      counts.set(kind[0], entry);
    }
  }
  return counts;
}

function grouped(label, name, run, counts) {
  const groups = run.outcomes.map((outcome) => {
    const own = [...counts].filter(([, [of]]) => of === outcome).sort((a, b) => b[1][2] - a[1][2] || (a[0] < b[0] ? -1 : 1));
    const options = own.map(([value, [, text, count]]) => el("option", { value }, `${text} (${count})`));
    return options.length ? el("optgroup", { label: spaced(outcome) }, options) : null;
  });
  return labelled(label, name, groups);
}

function readFilters(form, run) {
  const wanted = Object.fromEntries(new FormData(form));
  const factors = run.factors.filter((factor) => wanted[`factor:${factor}`]);
  const split = (name) => (wanted[name] ? wanted[name].split("\n") : null);
  const verdict = split("verdict");
  const method = split("method");
  const text = (wanted.text || "").trim().toLowerCase();
  const matching = text ? new Set(run.strings.flatMap((string, at) => (string.toLowerCase().includes(text) ? [at] : []))) : null;
  return (episode) =>
    factors.every((factor) => run.conditions[episode.condition][factor] === wanted[`factor:${factor}`]) &&
    (!verdict || episode.verdicts[verdict[0]]?.[0] === verdict[1]) &&
    (!method || episode.verdicts[method[0]]?.[1] === method[1]) &&
    (!wanted.ended || episode.ended === wanted.ended) &&
    (!text || saysItself(episode, text) || textsOf(episode).some((at) => matching.has(at)));
}

function saysItself(episode, text) {
  return [episode.id, ...Object.values(episode.verdicts).map((verdict) => verdict[1])].some((own) => own.toLowerCase().includes(text));
}

// Sets the form to one condition.
function filterCondition(form, run, index) {
  form.reset();
  for (const factor of run.factors) form.elements[`factor:${factor}`].value = run.conditions[index]?.[factor] ?? "";
}
