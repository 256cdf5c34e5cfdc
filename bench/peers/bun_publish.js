// The room on Bun's own WebSockets (uWebSockets): one topic, native publish.
// Usage: bun bun_publish.js HOST:PORT
const [hostname, port] = splitAddress(Bun.argv[2]);
const ROOM = "room";

const server = Bun.serve({
  hostname,
  port,
  fetch(request, server) {
    const data = { uuid: crypto.randomUUID() };
    return server.upgrade(request, { data }) ? undefined : new Response("a WebSocket, please\n", { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe(ROOM);
      server.publish(ROOM, encode("system", "connect", socket.data.uuid));
    },
    message(socket, text) {
      const contents = chatContents(text);
      if (contents === null) {
        socket.send(encode("system", "error", "expected a JSON object with contents"));
        socket.close(1007);
        return;
      }
      server.publish(ROOM, encode(socket.data.uuid, "chat", contents));
    },
    close(socket) {
      server.publish(ROOM, encode("system", "disconnect", socket.data.uuid));
    },
  },
});

function encode(sender, action, contents) {
  return JSON.stringify({ sender, action, contents, timestamp: Math.floor(Date.now() / 1000) });
}

function chatContents(text) {
  if (typeof text !== "string") return null;
  try {
    const { action, contents } = JSON.parse(text) ?? {};
    return typeof contents === "string" && (action ?? "chat") === "chat" ? contents : null;
  } catch {
    return null;
  }
}

function splitAddress(address = "") {
  const colon = address.lastIndexOf(":");
  if (colon < 0) {
    console.error("usage: bun_publish.js HOST:PORT");
    process.exit(2);
  }
  return [address.slice(0, colon), Number(address.slice(colon + 1))];
}
