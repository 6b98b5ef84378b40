// The faces of an answer: a frame on the photo and a card beside it for each.

import { copyOf } from "./page.js";
import { say } from "./words.js";

const AROUND_FACE = 1.25; // times the face's longer side: how much its own picture shows

export function frameOf({ left, top, right, bottom }, { width, height }) {
  const frame = document.createElement("div");
  const inset = [top / height, 1 - right / width, 1 - bottom / height, left / width];
  frame.style.inset = inset.map((share) => `${100 * share}%`).join(" ");
  return frame;
}

export function cardOf(face, image) {
  const card = copyOf("face");
  const part = (name) => card.querySelector(name);
  const labelled = face.verdict === "labelled";
  part(".label").textContent = labelled ? face.label : say(face.verdict);
  part("meter").hidden = !labelled;
  part("meter").value = face.probability;
  part("meter").style.setProperty("--value", face.probability);
  part("meter").ariaLabel = face.label;
  const why = labelled ? say("sure", { percent: face.probability }) : say(face.reason);
  part(".sure").textContent = `${why} · ${say("is_face", { percent: face.face_probability })}`;
  draw(part("canvas"), image, face.box);
  return card;
}

function draw(canvas, image, { left, top, right, bottom }) {
  const side = AROUND_FACE * Math.max(right - left, bottom - top);
  const [x, y] = [(left + right - side) / 2, (top + bottom - side) / 2];
  canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, canvas.width, canvas.height);
}
