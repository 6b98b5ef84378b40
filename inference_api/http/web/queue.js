// The photos on the page: a few are under way, the others wait here for their turn.

import { at } from "./page.js";
import { Photo } from "./photo.js";

const AT_ONCE = 2; // photos under way

export const photos = new Set();
let waiting = [];
let underWay = 0;
let usualSeconds = 0; // that a photo takes, a moving mean

export function add(files) {
  const whose = { onAgain: enqueue, onRemoved: forget };
  const added = Array.from(files, (file) => new Photo(file, whose));
  at("photos").prepend(...added.map((photo) => photo.card));
  for (const photo of added) {
    photos.add(photo);
    enqueue(photo);
  }
  at("answers").hidden = !photos.size;
}

function enqueue(photo) {
  waiting.push(photo);
  moveUp();
}

function forget(photo) {
  photos.delete(photo);
  waiting = waiting.filter((other) => other !== photo);
  at("answers").hidden = !photos.size;
  moveUp();
}

function moveUp() {
  while (waiting.length && underWay < AT_ONCE) start(waiting.shift());
  waiting.forEach((photo, index) => {
    const before = index + underWay;
    photo.wait(before, Math.ceil((before * usualSeconds) / AT_ONCE));
  });
}

async function start(photo) {
  const started = performance.now();
  underWay++;
  try {
    await photo.send();
  } finally {
    underWay--;
    if (!photo.isRemoved) learn((performance.now() - started) / 1000);
    moveUp();
  }
}

function learn(seconds) {
  usualSeconds += (seconds - usualSeconds) / (usualSeconds ? 4 : 1);
}
