const log = document.querySelector("#log");
const text = document.querySelector("#text");
const url = new URL(".", location.href);
url.protocol = url.protocol.replace("http", "ws");
const socket = new WebSocket(url);

function show(line) {
  log.append(Object.assign(document.createElement("li"), { textContent: line }));
}

socket.onmessage = ({ data }) => {
  const { sender, action, contents } = JSON.parse(data);
  show(`${sender} ${action}: ${contents}`);
};
socket.onclose = ({ code }) => show(`closed: ${code}`);
document.querySelector("#say").onsubmit = (event) => {
  event.preventDefault();
  socket.send(JSON.stringify({ contents: text.value }));
  text.value = "";
};
