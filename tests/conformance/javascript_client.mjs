// Drives the unmodified @ftrack/api against the server that FTRACK_SERVER names.
//
// `node javascript_client.mjs SCENARIO…` prints one JSON object: what each scenario saw, or its error.
// Nothing is asserted here.
//
// The client is made for browsers and takes what it uploads with from them. Node has fetch, Blob and
// File; the stand-ins below add the little of XMLHttpRequest and window that the client uses.

import { randomUUID } from "node:crypto";
import { Event, Session, expression } from "@ftrack/api";

const { FTRACK_SERVER, FTRACK_API_USER, FTRACK_API_KEY } = process.env;
const SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b";
const SECONDS = 20;

class XMLHttpRequestStandIn extends EventTarget {
  upload = new EventTarget();
  readyState = 0;
  status = 0;
  response = null;
  #headers = {};
  #controller = new AbortController();
  #answered = new Headers();

  open(method, url) {
    this.#method = method;
    this.#url = url;
  }
  #method;
  #url;

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  getResponseHeader(name) {
    return this.#answered.get(name);
  }

  abort() {
    this.#controller.abort();
  }

  async send(body) {
    const size = body?.size ?? 0;
    const progress = (loaded) =>
      this.upload.dispatchEvent(
        Object.assign(new globalThis.Event("progress"), { lengthComputable: true, loaded, total: size }),
      );
    try {
      progress(0);
      const answer = await fetch(this.#url, {
        method: this.#method,
        headers: this.#headers,
        body: await body.arrayBuffer(),
        signal: this.#controller.signal,
      });
      this.response = await answer.text();
      this.#answered = answer.headers;
      this.status = answer.status;
      this.readyState = 4;
      progress(size);
      this.onreadystatechange?.();
      this.onload?.();
    } catch (error) {
      if (this.#controller.signal.aborted) this.onabort?.();
      else this.onerror?.(error);
    }
    this.dispatchEvent(Object.assign(new globalThis.Event("loadend"), { loaded: size }));
  }
}

function pretendBrowser(settings = {}) {
  const window = new EventTarget();
  globalThis.window = Object.assign(window, { navigator: { onLine: true }, ...settings });
  globalThis.XMLHttpRequest = XMLHttpRequestStandIn;
}

function connect(options = {}) {
  return new Session(FTRACK_SERVER, FTRACK_API_USER, FTRACK_API_KEY, { autoConnectEventHub: false, ...options });
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(condition, act = () => {}) {
  for (let attempt = 0; attempt < SECONDS * 10; attempt += 1) {
    await act();
    await wait(100);
    if (await condition()) return;
  }
}

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.name, message: String(error.message) };
  }
}

async function firstOf(session, query) {
  const { data } = await session.query(query);
  return data[0];
}

const scenarios = {
  async initialBatch() {
    const session = connect();
    await session.initializing;
    const wrong = new Session(FTRACK_SERVER, FTRACK_API_USER, "wrong", { autoConnectEventHub: false });
    return {
      version: session.serverVersion,
      schemas: session.schemas.length > 100,
      task: session.getSchema("Task").primary_key,
      keys: session.getPrimaryKeyAttributes("Metadata"),
      information: (await session.getServerInformation()).is_timezone_support_enabled,
      wrong: (await failure(wrong.initializing)).name,
    };
  },

  async queries(session) {
    const { data, metadata } = await session.query(
      "select name, status.name, project.name, created_at from Task order by name, id limit 5",
    );
    const one = data[0];
    const same = await session.query(expression`select name from Task where id is "${one.id}" and name is "${one.name}"`);
    const [first, second] = await session.call([
      { action: "query", expression: "select name from Project limit 1" },
      { action: "query", expression: "select username from User limit 1" },
    ]);
    return {
      count: data.length,
      next: metadata.next.offset,
      status: data.every((task) => typeof task.status.name === "string" && typeof task.project.name === "string"),
      date: typeof one.created_at?.isValid === "function" && one.created_at.isValid(),
      same: same.data.length,
      batch: [first.data.length, second.data.length],
      grammar: (await failure(session.query("select name from Task where where"))).message.split(":")[0],
      attribute: (await failure(session.query("select nmae from Task"))).name,
    };
  },

  async strictAndDenormalized() {
    const session = connect({ strictApi: true, ensureSerializableResponse: true, decodeDatesAsIso: true });
    const { data } = await session.query("select name, status.name, created_at from Task where status.name is WIP limit 3");
    return {
      count: data.length,
      apart: data[0].status !== data[1].status && data.every((task) => task.status.name === "WIP"),
      date: typeof data[0].created_at,
      plain: JSON.stringify(data).length > 10,
      error: (await failure(session.query("select nmae from Task"))).name,
    };
  },

  async search(session) {
    const task = await firstOf(session, "select name, project_id from Task limit 1");
    const found = await session.search({ expression: "select name from Task", entityType: "Task", terms: [task.name] });
    return { found: found.data.length > 0 };
  },

  async writing(session) {
    const shot = await firstOf(session, "select id, project_id from Shot limit 1");
    const name = `javascript_${randomUUID().slice(0, 8)}`;
    const created = await session.create("Task", { name, parent_id: shot.id, project_id: shot.project_id });
    const id = created.data.id;
    const updated = await session.update("Task", [id], { bid: 7200, description: 'said "so"' });
    const read = await firstOf(session, `select name, bid, description, parent.id from Task where id is "${id}"`);
    await session.call([
      { action: "create", entity_type: "Metadata", entity_data: { parent_id: id, parent_type: "Task", key: "by", value: "js" } },
    ]);
    const tagged = await firstOf(session, `select metadata from Task where id is "${id}"`);
    const failing = await failure(
      session.call([
        { action: "update", entity_type: "Task", entity_key: [id], entity_data: { bid: 1 } },
        { action: "update", entity_type: "Task", entity_key: [id], entity_data: { nmae: "x" } },
      ]),
    );
    const unchanged = await firstOf(session, `select bid from Task where id is "${id}"`);
    const deleted = await session.delete("Task", [id]);
    const left = await session.query(`select id from Task where id is "${id}"`);
    return {
      created: created.data.name === name,
      updated: updated.data.bid,
      read: [read.bid, read.description, read.parent.id === shot.id],
      metadata: tagged.metadata.map(({ key, value }) => [key, value]),
      failing: failing.name,
      unchanged: unchanged.bid,
      deleted: deleted.data,
      left: left.data.length,
    };
  },

  async ensure(session) {
    const username = `ensured_${randomUUID().slice(0, 8)}`;
    const first = await session.ensure("User", { username, email: "first@studio.example" }, ["username"]);
    const second = await session.ensure("User", { username, email: "second@studio.example" }, ["username"]);
    return { same: first.id === second.id, email: second.email };
  },

  async upload(session) {
    pretendBrowser();
    const bytes = new Uint8Array(5000).map((_, index) => index % 251);
    const progress = [];
    const created = await session.createComponent(new File([bytes], "plate one.exr"), {
      onProgress: (percent) => progress.push(percent),
    });
    const component = created[0].data;
    const received = await fetch(session.getComponentUrl(component.id));
    const { data } = await session.query(
      `select component_locations.location_id from FileComponent where id is "${component.id}"`,
    );
    return {
      data: [component.name, component.file_type, component.size],
      location: data[0].component_locations.map(({ location_id }) => location_id === SERVER_LOCATION),
      received: Buffer.from(await received.arrayBuffer()).equals(Buffer.from(bytes)),
      progress: progress.at(-1),
    };
  },

  async multipartUpload(session) {
    pretendBrowser({ FTRACK_UPLOAD_CHUNK_SIZE: 1000 });
    const bytes = new Uint8Array(4500).map((_, index) => (index * 7) % 253);
    const created = await session.createComponent(new File([bytes], "movie.mov"));
    const received = await fetch(session.getComponentUrl(created[0].data.id));
    return {
      multipart: "upload_id" in created[2],
      received: Buffer.from(await received.arrayBuffer()).equals(Buffer.from(bytes)),
    };
  },

  async thumbnails(session) {
    const answer = await fetch(session.thumbnailUrl(null, { size: 100 }));
    return { status: answer.status, type: answer.headers.get("content-type").split("/")[0] };
  },

  async events(session) {
    const other = connect();
    await Promise.all([session.initializing, other.initializing]);
    const topic = `studio.render.${randomUUID()}`;
    const events = [];
    session.eventHub.connect();
    session.eventHub.subscribe(`topic=${topic}`, (event) => {
      events.push(event);
      return { accepted: event.data.level };
    });
    const updates = [];
    session.eventHub.subscribe("topic=ftrack.update", (event) => updates.push(...event.data.entities));
    let reply = null;
    await until(
      () => reply,
      async () => {
        reply = await session.eventHub
          .publishAndWaitForReply(new Event(topic, { level: "high" }), { timeout: 0.5 })
          .catch(() => null);
      },
    );
    const shot = await firstOf(session, "select id, project_id from Shot limit 1");
    const { data } = await other.create("Task", { name: `seen_${topic}`, parent_id: shot.id, project_id: shot.project_id });
    await other.delete("Task", [data.id]);
    const own = () => updates.filter(({ entityId }) => entityId === data.id);
    await until(() => own().length >= 2);
    const connected = session.eventHub.isConnected();
    session.eventHub.disconnect();
    return {
      user: events[0].source.user.username === FTRACK_API_USER,
      reply: reply.data,
      updates: own().map(({ action, entityType }) => [action, entityType]),
      connected,
    };
  },
};

const session = connect();
const seen = {};
const wanted = process.argv.slice(2);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (wanted.length && !wanted.includes(name)) continue;
  try {
    seen[name] = { seen: await scenario(session) };
  } catch (error) {
    seen[name] = { error: error.stack ?? String(error) };
  }
}
await new Promise((resolve) => process.stdout.write(JSON.stringify(seen), resolve));
process.exit(0);
