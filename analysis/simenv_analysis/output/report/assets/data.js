// The run's data: episodes, and the table of texts that they refer to by index.

async function loadRun() {
  const script = document.getElementById("data");
  const run = JSON.parse(script.dataset.encoding === "deflate" ? await inflate(script.textContent) : script.textContent);
  run.byId = new Map(run.episodes.map((episode) => [episode.id, episode]));
  run.text = (index) => run.strings[index] ?? "";
  return run;
}

async function inflate(text) {
  if (!("DecompressionStream" in window)) throw new Error("this browser is too old to unpack the episodes");
  const stream = new Blob([base85(text.trim())]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

// Bytes of Python's base 85, in which `payload.py` has put , . : for < > &.
function base85(text) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";
  const values = new Uint8Array(128);
  for (let value = 0; value < 85; value += 1) values[digits.charCodeAt(value)] = value;
  const padding = (5 - (text.length % 5)) % 5;
  const padded = text + "~".repeat(padding);
  const view = new DataView(new ArrayBuffer((padded.length / 5) * 4));
  for (let at = 0, to = 0; at < padded.length; to += 4) {
    let group = 0;
    for (const end = at + 5; at < end; at += 1) group = group * 85 + values[padded.charCodeAt(at)];
    view.setUint32(to, group);
  }
  return view.buffer.slice(0, view.byteLength - padding);
}

// Indices of all texts of an episode.
function textsOf(episode) {
  const texts = [];
  for (const verdict of Object.values(episode.verdicts)) texts.push(verdict[4]);
  for (const record of episode.evidence) texts.push(record[4], ...record[5].map(([, value]) => value));
  for (const message of episode.messages) {
    texts.push(message.content, message.reasoning, message.refusal);
    for (const [, , given] of message.calls || []) {
      texts.push(...(Array.isArray(given) ? given.map(([, value]) => value) : [given]));
    }
  }
  return texts;
}

function levelsOf(run, episode) {
  const condition = run.conditions[episode.condition];
  return run.factors.map((factor) => condition[factor] ?? "");
}

// The command that shows an episode in a terminal.
function showCommand(run, id) {
  const place = `${run.run}/${id}`;
  return `simenv show ${/^[\w@%+=:,./-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`}`;
}
