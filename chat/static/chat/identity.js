// What is derived from an id alone, so that everybody sees the same person alike.

/** The short form that people call each other by. */
export function shortId(id) {
  return id.slice(0, 4) || "????";
}

/** A hue in degrees. */
export function hue(id) {
  return hash(id) % 360;
}

/** The path of a 5 × 5 picture, symmetric like a face, for a view box of 0 0 5 5. */
export function identicon(id) {
  const bits = hash(`${id}/picture`);
  let path = "";
  for (let cell = 0; cell < 15; cell += 1) {
    if ((bits >>> cell) & 1) path += square(cell) + mirrored(cell);
  }
  return path || square(7) + mirrored(7);
}

function square(cell) {
  return `M${Math.floor(cell / 5)} ${cell % 5}h1v1h-1z`;
}

function mirrored(cell) {
  const column = Math.floor(cell / 5);
  return column === 2 ? "" : `M${4 - column} ${cell % 5}h1v1h-1z`;
}

/** FNV-1a, with a last mix so that its high bits are as good as its low ones. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
