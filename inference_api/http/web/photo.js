// One photo: its file, its way through the service, its card.

import { cardOf, frameOf } from "./faces.js";
import { announce, at, copyOf } from "./page.js";
import { Problem, curlLine, post, secondsInLine } from "./service.js";
import { say, translate } from "./words.js";

const TRIES = 6; // times that a photo is sent to a busy service before its person is asked
const LOOK_AGAIN_MS = 1000; // between looks at the service's line
const LONG_WAIT_S = 2; // a shorter one is not worth a word
const FEW = 5; // faces; a longer list scrolls beside the photo and is not read out whole

const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

export class Photo {
  #leaving = new AbortController();
  #told = ["thinking"];

  // onAgain: its person wants it sent once more. onRemoved: they do not want it any longer.
  constructor(file, { onAgain, onRemoved }) {
    this.file = file;
    this.onAgain = onAgain;
    this.onRemoved = onRemoved;
    this.card = copyOf("photo");
    this.part = (name) => this.card.querySelector(name);
    this.image = this.part("img");
    this.part("h3").textContent = file.name;
    this.part(".remove").onclick = () => this.remove();
    this.part(".again").onclick = () => this.sendAgain();
    this.part(".download").onclick = () => this.download();
    for (const button of this.card.querySelectorAll(".copy")) button.onclick = () => copy(button);
    this.viewable = this.#show(file).then(() => true, () => false);
    this.speak();
  }

  get isRemoved() {
    return this.#leaving.signal.aborted;
  }

  speak() {
    const { name } = this.file;
    translate(this.card);
    this.image.alt = say("photo_of", { name });
    this.part("progress").ariaLabel = name;
    this.part(".remove").ariaLabel = say("remove", { name });
    this.part(".again").ariaLabel = say("retry_of", { name });
    this.part(".status").textContent = say(...this.#told);
    if (this.reply) this.#describe(this.reply);
  }

  // n: the photos before it.
  wait(n, seconds) {
    this.#tell(seconds ? "queued_for" : "queued", { n, seconds });
  }

  async send() {
    for (let left = TRIES - 1; !this.isRemoved; left--) {
      try {
        return this.#answered(await this.#ask());
      } catch (problem) {
        if (this.isRemoved) return;
        if (!(problem instanceof Problem)) throw problem;
        if (!left || !problem.retryAfter) return this.#failed(problem);
        await this.#pause(problem.retryAfter);
      }
    }
  }

  sendAgain() {
    delete this.problem;
    this.card.classList.remove("failed");
    this.part(".again").hidden = true;
    this.part("progress").hidden = false;
    this.card.focus();
    this.onAgain(this);
  }

  async download() {
    const { signal } = this.#leaving;
    try {
      this.annotated ??= (await post("v1/annotate", this.file, { signal })).response;
      save(this.annotated, `${this.file.name.replace(/\.\w+$/, "")}-annotated.jpg`);
    } catch (problem) {
      if (this.isRemoved) return;
      if (!(problem instanceof Problem)) throw problem;
      this.#tell(problem.code);
      announce(say(problem.code));
    }
  }

  remove() {
    const { nextElementSibling, previousElementSibling } = this.card;
    this.#leaving.abort();
    URL.revokeObjectURL(this.image.src);
    this.card.remove();
    this.onRemoved(this);
    (nextElementSibling ?? previousElementSibling ?? at("choose")).focus();
  }

  async #show(blob) {
    URL.revokeObjectURL(this.image.src);
    this.image.src = URL.createObjectURL(blob);
    const failure = await this.image.decode().catch((error) => error);
    this.image.hidden = Boolean(failure);
    this.part(".unseeable").hidden = !failure;
    if (failure) throw failure;
  }

  #tell(...told) {
    this.#told = told;
    this.part(".status").textContent = say(...told);
  }

  async #ask() {
    if (await this.viewable) {
      const { response } = await this.#post("v1/predict");
      const reply = JSON.parse(await response.text());
      const { naturalWidth: width, naturalHeight: height } = this.image;
      if (width === reply.image.width && height === reply.image.height) return reply;
    }
    // The browser cannot show the photo, or turns it another way: the service's picture, then.
    const request = await this.#post("v1/annotate");
    this.annotated = request.response;
    await this.#show(this.annotated);
    return JSON.parse(request.getResponseHeader("X-Prediction"));
  }

  async #post(path) {
    const { signal } = this.#leaving;
    const progress = this.part("progress");
    const onUpload = (percent) => {
      progress.value = percent;
      this.#tell("uploading", { percent });
    };
    let looking;
    const onSent = () => {
      progress.removeAttribute("value");
      this.#tell("thinking");
      looking = setInterval(() => this.#lookAtLine(), LOOK_AGAIN_MS);
    };
    try {
      return await post(path, this.file, { signal, onUpload, onSent });
    } finally {
      clearInterval(looking);
    }
  }

  async #lookAtLine() {
    const seconds = await secondsInLine();
    const waits = ["thinking", "in_line"].includes(this.#told[0]);
    if (waits && seconds >= LONG_WAIT_S) this.#tell("in_line", { seconds });
  }

  async #pause(wholeSeconds) {
    announce(`${this.file.name}: ${say("busy", { seconds: wholeSeconds })}`);
    for (let seconds = wholeSeconds; seconds > 0 && !this.isRemoved; seconds--) {
      this.#tell("busy", { seconds });
      await sleep(1000);
    }
  }

  #answered(reply) {
    this.reply = reply;
    if (!this.annotated) {
      const frames = reply.faces.map(({ box }) => frameOf(box, reply.image));
      this.part(".frames").replaceChildren(...frames);
    }
    this.part(".more").hidden = false;
    this.#settle(...outcome(reply));
  }

  #describe({ faces, models, timings_ms: timings }) {
    const networks = models.map(({ name, version }) => `${name} ${version}`).join(" · ");
    const ms = Object.values(timings).reduce((sum, each) => sum + each, 0);
    const list = this.part(".faces");
    list.replaceChildren(...faces.map((face) => cardOf(face, this.image)));
    if (faces.length > FEW) list.tabIndex = 0; // for the keys that scroll
    this.part(".took").textContent = `${networks} · ${say("took", { ms })}`;
    this.part(".curl").textContent = curlLine(this.file.name);
    this.part(".json").textContent = JSON.stringify(this.reply, null, 2);
  }

  #failed(problem) {
    this.problem = problem;
    if (problem.asksForKey) at("access").hidden = false;
    this.part(".again").hidden = !problem.mayPass;
    this.#settle(problem.code);
  }

  #settle(...told) {
    this.part("progress").hidden = true;
    this.card.classList.toggle("failed", Boolean(this.problem));
    this.#told = told;
    this.speak();
    const aloud = this.reply?.faces.length > FEW ? [] : this.card.querySelectorAll(".label, .sure");
    const labels = Array.from(aloud, (each) => each.textContent);
    announce([`${this.file.name}: ${say(...told)}`, ...labels].join(" "));
  }
}

function outcome({ faces: { length: n }, max_faces: most }) {
  if (n && n === most && most > 1) return ["most_faces", { n }];
  return [n ? "faces" : "no_face", { n }];
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function copy(button) {
  const source = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = say("copied");
  } catch {
    getSelection().selectAllChildren(source); // the clipboard needs HTTPS, or leave
    button.textContent = say("press_copy");
  }
  announce(button.textContent);
}
