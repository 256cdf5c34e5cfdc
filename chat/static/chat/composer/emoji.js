const EMOJI = new Map(
  `
smile 😄 grin 😁 joy 😂 laugh 😆 wink 😉 blush 😊 happy 🙂 upside 🙃 love 😍 kiss 😘 cool 😎 think 🤔
neutral 😐 sad 🙁 cry 😢 sob 😭 angry 😠 scream 😱 sweat 😅 sleep 😴 sick 🤢 shrug 🤷 facepalm 🤦 party 🥳
hug 🤗 nerd 🤓 robot 🤖 ghost 👻 skull 💀 see 👀 thumbsup 👍 thumbsdown 👎 ok 👌 clap 👏 wave 👋 pray 🙏
muscle 💪 raise 🙌 point 👉 up 👆 down 👇 handshake 🤝 heart ❤️ broken 💔 spark ✨ star ⭐ fire 🔥 boom 💥
tada 🎉 gift 🎁 balloon 🎈 cake 🎂 trophy 🏆 medal 🏅 rocket 🚀 car 🚗 train 🚆 plane ✈️ bike 🚲 house 🏠
sun ☀️ cloud ☁️ rain 🌧️ snow ❄️ moon 🌙 rainbow 🌈 tree 🌳 flower 🌸 leaf 🍀 cat 🐱 dog 🐶 bug 🐛 snail 🐌
coffee ☕ tea 🍵 beer 🍺 wine 🍷 pizza 🍕 apple 🍎 bread 🍞 music 🎵 book 📖 pencil ✏️ mail ✉️ phone 📱
computer 💻 camera 📷 lamp 💡 lock 🔒 key 🔑 hammer 🔨 clock ⏰ calendar 📅 check ✅ cross ❌ warning ⚠️
question ❓ hundred 💯
`
    .trim()
    .split(/\s*\n\s*/)
    .flatMap((line) => line.match(/\S+ \S+/g) ?? [])
    .map((pair) => /** @type {[string, string]} */ (pair.split(" "))),
);

/**
 * Put an emoji in the place of a `:name:` in a box; the caret stays where it is in the text. The
 * beginning of a name will do; undoing brings back what was typed.
 *
 * @param {HTMLTextAreaElement} box
 * @param {number} end where the name ends
 */
export function replaceName(box, end) {
  const [typed, name] = /(?<!\S):([a-z]{2,}):$/.exec(box.value.slice(0, end)) ?? [];
  if (typed === undefined || name === undefined) return;
  const found = EMOJI.get(name) ?? EMOJI.get(firstLike(name));
  if (found === undefined) return;
  const caret = box.selectionEnd + found.length - typed.length;
  box.setSelectionRange(end - typed.length, end);
  // The one way to change a box that can be undone.
  document.execCommand("insertText", false, found);
  box.setSelectionRange(caret, caret);
}

/** All names with what they stand for. */
export function listed() {
  return [...EMOJI].map(([name, emoji]) => `${emoji} :${name}:`).join(" · ");
}

/** @param {string} start */
function firstLike(start) {
  return [...EMOJI.keys()].find((name) => name.startsWith(start)) ?? "";
}
