// The JavaScript client meets ours on the event server: prints what it heard, once it is told to end.

import { Event, Session } from "@ftrack/api";

const { FTRACK_SERVER, FTRACK_API_USER, FTRACK_API_KEY } = process.env;
const SECONDS = 40;

globalThis.window = Object.assign(new EventTarget(), { navigator: { onLine: true } });

const session = new Session(FTRACK_SERVER, FTRACK_API_USER, FTRACK_API_KEY, { autoConnectEventHub: false });
await session.initializing;
const hub = session.eventHub;
hub.connect();

const questions = [];
let ended = false;
const answer = (event) => {
  questions.push(event);
  return { answer: event.data.number + 1, by: "javascript" };
};
hub.subscribe("topic=meeting.question", answer);
hub.subscribe("topic=meeting.private", answer, { id: "javascript-peer", role: "peer" });
hub.subscribe("topic=meeting.end", () => {
  ended = true;
});

let welcome = null;
const deadline = Date.now() + SECONDS * 1000;
while (!ended && Date.now() < deadline) {
  if (!welcome) {
    welcome = await hub
      .publishAndWaitForReply(new Event("meeting.hello", { greeting: "grüß" }), { timeout: 0.5 })
      .catch(() => null);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
hub.disconnect();
const seen = {
  welcome: welcome.data,
  "in reply": welcome.inReplyToEvent !== null,
  questions: questions.map(({ data }) => data),
  users: [...new Set(questions.map(({ source }) => source.user.username))],
};
await new Promise((resolve) => process.stdout.write(JSON.stringify(seen), resolve));
process.exit(0);
