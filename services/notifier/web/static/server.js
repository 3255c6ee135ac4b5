// The server: calls that change something, and the live stream with its reconnects.

const csrf = document.querySelector('meta[name="csrf-token"]').content;

export async function call(method, path, body) {
  const headers = { "x-csrf-token": csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    return { status: 0, content: { problem: "network" } };
  }
  if (answer.status === 401) location.assign("/login");
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  return { status: answer.status, content: isJson ? await answer.json() : {} };
}

// Pings come every 15 s; who hears nothing for longer has a dead connection that nobody told of.
const SILENCE = 40_000;

// Keeps one stream open for ever. A browser reconnects by itself, with the last id, only after a broken
// connection; after an answer that is no stream it gives up, and then we begin anew.
export class Live {
  #source = null;
  #watch = null;
  #again = null;
  #wait = 500;

  constructor({ onAlert, onCounts, onReset, onState }) {
    Object.assign(this, { onAlert, onCounts, onReset, onState, seq: 0 });
  }

  open(seq) {
    this.seq = seq;
    this.#source?.close();
    clearTimeout(this.#again);
    const source = new EventSource(`/stream?after=${seq}`);
    this.#source = source;
    source.onopen = () => {
      this.#wait = 500;
      this.#heard();
      this.onState("live");
    };
    source.onerror = () => this.#lost(source);
    source.addEventListener("ping", () => this.#heard());
    source.addEventListener("counts", (event) => this.onCounts(JSON.parse(event.data)));
    source.addEventListener("reset", () => this.onReset());
    source.addEventListener("alert", (event) => {
      this.#heard();
      this.seq = Number(event.lastEventId);
      this.onAlert(JSON.parse(event.data));
    });
  }

  #heard() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.onState("lost");
      this.open(this.seq);
    }, SILENCE);
  }

  #lost(source) {
    if (source !== this.#source) return;
    this.onState("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(async () => {
      await call("GET", "/api/session");  // a session that has ended leads to the log-in
      this.open(this.seq);
    }, this.#wait);
    this.#wait = Math.min(10_000, this.#wait * 2);
  }
}
