// The list of episodes.

const GLYPHS = { succeeded: "●", attempted: "◐", no: "○", "n/a": "–" };
const QUIET = ["no", "n/a"];

function buildList(run, episodes) {
  const items = episodes.map((episode) => el("li", {}, listLink(run, episode)));
  const all = plural(run.episodes.length, "episode");
  const part = episodes.length === run.episodes.length ? all : `${episodes.length.toLocaleString("en")} of ${all}`;
  const count = run.episodes.length ? part : "No episode has finished yet.";
  const glyph = (level) => [el("span", { class: `glyph ${level}` }, GLYPHS[level]), ` ${level} `];
  const applies = run.episodes.every((episode) => episode.verdicts[run.outcomes[0]]?.[0] !== "n/a");
  const levels = Object.keys(GLYPHS).filter((level) => level !== "n/a" || !applies);
  const legend = run.outcomes.length ? [` · ${spaced(run.outcomes[0])}: `, levels.map(glyph)] : "";
  return [el("p", { class: "count" }, el("span", { "aria-live": "polite" }, count), legend), el("ol", {}, items)];
}

function listLink(run, episode) {
  const main = episode.verdicts[run.outcomes[0]] || ["no", ""];
  const others = run.outcomes.slice(1).filter((outcome) => !QUIET.includes(episode.verdicts[outcome]?.[0] ?? "no"));
  const also = others.map((outcome) => `${GLYPHS[episode.verdicts[outcome][0]]} ${spaced(outcome)}`).join("  ");
  const how = QUIET.includes(main[0]) ? "" : main[1] ? spaced(main[1]) : main[0];
  return el("a", { href: episodeHash(episode.id), "data-id": episode.id },
    el("span", { class: `glyph ${main[0]}`, role: "img", "aria-label": main[0] }, GLYPHS[main[0]]),
    el("span", { class: "what" }, [...levelsOf(run, episode), `seed ${episode.seed}`].join(" · ")),
    el("span", { class: "time" }, clock(episode.time)),
    how || also ? el("span", { class: "verdict" }, how, also ? el("span", { class: "also" }, also) : "") : "");
}

function episodeHash(id) {
  return `#episode=${encodeURIComponent(id)}`;
}
