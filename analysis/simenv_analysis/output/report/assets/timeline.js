// What the agent was told and did, in order, with the simulated time where the messages state it.

const COMMANDS = new Set(["command", "cmd", "code", "script", "bash"]);
const ROLES = { system: "System", user: "Told", assistant: "Agent", tool: "Result" };

function buildTimeline(run, episode) {
  const tools = new Map();
  let turn = 0;
  const entries = placeRecords(episode).map((entry) => {
    if (entry.record) return recordMark(run, entry.record);
    const message = entry.message;
    if (message.role === "assistant") turn += 1;
    for (const [id, tool] of message.calls || []) tools.set(id, tool);
    return messageEntry(run, message, turn, tools.get(message.answers));
  });
  const untimed = episode.messages.length > 0 && !hasTimes(episode);
  const note = "The messages of this run state no times; verdicts and evidence do.";
  return el("ol", { class: "timeline" }, untimed ? el("li", { class: "note" }, note) : "", entries);
}

function hasTimes(episode) {
  return episode.messages.some((message) => message.time !== undefined);
}

// Messages, with each cited record before the first message that is later than it, if messages state times.
function placeRecords(episode) {
  const entries = [];
  const records = hasTimes(episode) ? episode.evidence.filter((record) => record[1] !== null) : [];
  let next = 0;
  for (const message of episode.messages) {
    const before = (record) => record[1] < message.time || (record[1] === message.time && message.role === "tool");
    while (next < records.length && before(records[next])) entries.push({ record: records[next++] });
    entries.push({ message });
  }
  return entries.concat(records.slice(next).map((record) => ({ record })));
}

function recordMark(run, [seq, time, actor, verb, object]) {
  return el("li", { class: "entry record", "data-mark": seq }, el("span", { class: "when" }, clock(time)),
    el("div", { class: "what" }, citation(seq), ` ${actor} `, el("b", {}, verb), ` ${run.text(object)}`));
}

function messageEntry(run, message, turn, tool) {
  const when = message.time !== undefined ? clock(message.time) : "";
  const who = message.role === "tool" && tool ? `Result of ${tool}` : ROLES[message.role] || message.role;
  const name = message.role === "assistant" ? `${who}, turn ${turn}` : who;
  return el("li", { class: `entry ${ROLES[message.role] ? message.role : "other"}` },
    el("span", { class: "when" }, when),
    el("div", { class: "what" }, el("h4", {}, name), messageBody(run, message)));
}

function messageBody(run, message) {
  const parts = [];
  if (message.reasoning !== undefined) parts.push(reasoning(run.text(message.reasoning)));
  if (message.content !== undefined) parts.push(content(message.role, run.text(message.content)));
  if (message.refusal !== undefined) parts.push(el("p", { class: "refusal" }, `Refused: ${run.text(message.refusal)}`));
  for (const call of message.calls || []) parts.push(toolCall(run, call));
  return parts.length ? parts : [el("p", { class: "empty" }, "(nothing)")];
}

function content(role, text) {
  return role === "tool" ? code(text) : prose(text);
}

function prose(text) {
  const block = code(text);
  block.classList.add("prose");
  return block;
}

function reasoning(text) {
  return el("details", { class: "reasoning" }, el("summary", {}, `Reasoning, ${plural(text.length, "character")}`), prose(text));
}

function toolCall(run, [, tool, given]) {
  const name = el("code", { class: "tool" }, tool || "(no name)");
  if (!Array.isArray(given)) return el("div", { class: "call" }, name, el("span", { class: "note" }, " arguments are no JSON object"), code(run.text(given)));
  const command = given.find(([key, value]) => COMMANDS.has(key) && run.text(value));
  const rest = given.filter((pair) => pair !== command);
  return el("div", { class: "call" }, name,
    command ? shell(run.text(command[1])) : "",
    rest.length ? el("dl", {}, rest.map(([key, value]) => [el("dt", {}, key), el("dd", {}, argument(run.text(value)))])) : "");
}

function shell(text) {
  const block = code(text);
  block.classList.add("shell");
  return block;
}

function argument(text) {
  return text.includes("\n") || text.length > 120 ? code(text) : text;
}
