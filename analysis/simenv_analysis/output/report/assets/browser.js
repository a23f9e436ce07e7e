// The episode browser: filters, list and episode together, the address, the keyboard, and the theme.

function buildEpisode(run, episode) {
  const condition = run.conditions[episode.condition];
  const facts = [...Object.entries(condition), ["seed", episode.seed], ["ended", episode.ended], ["time", clock(episode.time)], ["turns", episode.turns]];
  if (episode.score !== null) facts.push(["score", episode.score]);
  if (episode.tokens[0] + episode.tokens[1]) facts.push(["tokens", `${episode.tokens[0]} in, ${episode.tokens[1]} out`]);
  return [
    el("div", { class: "episode-head" },
      el("a", { href: "#episodes", class: "back" }, "All episodes"),
      el("h3", {}, episode.id),
      el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value))))),
      el("p", { class: "command" }, el("code", {}, showCommand(run, episode.id)))),
    buildMeasured(run, episode),
    buildTimeline(run, episode),
  ];
}

class Browser {
  constructor(run) {
    this.run = run;
    this.root = document.getElementById("browser");
    this.form = document.getElementById("filters");
    this.list = document.getElementById("list");
    this.pane = document.getElementById("episode");
    this.open = null;
    buildFilters(this.form, run);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.refresh());
    this.form.addEventListener("reset", () => setTimeout(() => this.refresh()));
    this.pane.addEventListener("click", (event) => this.cite(event));
    window.addEventListener("hashchange", () => this.follow());
    document.addEventListener("keydown", (event) => this.key(event));
    this.root.hidden = false;
    this.refresh();
    this.follow();
  }

  refresh() {
    this.shown = this.run.episodes.filter(readFilters(this.form, this.run));
    this.list.replaceChildren(...buildList(this.run, this.shown));
    this.markOpen();
  }

  // Does what the address says: `#episode=<id>` opens one, `&record=<seq>` marks a record, `#condition=<n>` filters.
  follow() {
    const asked = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
    if (asked.has("condition")) {
      filterCondition(this.form, this.run, Number(asked.get("condition")));
      this.refresh();
      this.close();
      this.root.parentElement.scrollIntoView();
    } else if (asked.has("episode")) {
      this.show(asked.get("episode"));
      if (asked.has("record")) markRecord(this.pane, Number(asked.get("record")), "address");
    } else {
      this.close();
    }
  }

  show(id) {
    const episode = this.run.byId.get(id);
    const missing = () => [el("p", {}, `Episode ${id} is not in this report. In a terminal: `, el("code", {}, showCommand(this.run, id)))];
    this.open = id;
    this.pane.replaceChildren(...(episode ? buildEpisode(this.run, episode) : missing()));
    this.pane.scrollTop = 0;
    this.root.classList.add("reading");
    this.markOpen();
    const box = this.root.getBoundingClientRect();
    if (box.top < 0 || box.top > innerHeight / 2) this.root.scrollIntoView();
  }

  close() {
    this.open = null;
    this.root.classList.remove("reading");
    this.pane.replaceChildren(el("p", { class: "hint" }, "Choose an episode. Keys: j and k for the next and the one before, / for text, Esc to go back."));
    this.markOpen();
  }

  markOpen() {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const link = this.link(this.open);
    link?.setAttribute("aria-current", "true");
    if (link) link.parentElement.scrollIntoView({ block: "nearest" });
  }

  link(id) {
    return [...this.list.querySelectorAll("a")].find((link) => link.dataset.id === id);
  }

  cite(event) {
    const seq = event.target.closest?.("[data-record]")?.dataset.record;
    const from = ["timeline", "records", "verdicts"].find((part) => event.target.closest?.(`.${part}`));
    if (seq !== undefined) markRecord(this.pane, Number(seq), from);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    const inList = this.list.contains(event.target);
    if (event.key === "Escape") this.escape(event.target, typing);
    else if (typing) return;
    else if (event.key === "j" || (event.key === "ArrowDown" && inList)) this.step(1, event);
    else if (event.key === "k" || (event.key === "ArrowUp" && inList)) this.step(-1, event);
    else if (event.key === "/") {
      event.preventDefault();
      this.form.elements.text.focus();
    }
  }

  escape(target, typing) {
    if (typing) return target.blur();
    const link = this.link(this.open);
    if (this.open === null) return undefined;
    history.replaceState(null, "", "#episodes");
    this.close();
    return link?.focus();
  }

  // Opens the episode `by` places from the open one, without adding to the browser's history.
  step(by, event) {
    event.preventDefault();
    if (!this.shown.length) return;
    const at = this.shown.findIndex((episode) => episode.id === this.open);
    const next = at < 0 ? (by > 0 ? 0 : this.shown.length - 1) : Math.min(Math.max(at + by, 0), this.shown.length - 1);
    history.replaceState(null, "", episodeHash(this.shown[next].id));
    this.show(this.shown[next].id);
    this.link(this.open)?.focus({ preventScroll: true });
  }
}

function themeButton(button) {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
}

themeButton(document.getElementById("theme"));
loadRun().then(
  (run) => new Browser(run),
  (error) => document.getElementById("episodes").after(el("p", { class: "sampled" }, `The episodes cannot be shown: ${error.message}.`)),
);
