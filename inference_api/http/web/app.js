// Photos in, framed faces out. The page asks nobody but its own service and keeps nothing.

const AT_ONCE = 2; // photos under way; the others wait here
const TRIES = 6; // times that a photo is sent to a busy service before its person is asked
const LOOK_AGAIN_MS = 1000; // between looks at the service's line
const LONG_WAIT_S = 2; // a shorter one is not worth a word
const FEW = 5; // faces; a longer list scrolls beside the photo and is not read out whole
const AROUND_FACE = 1.25; // times the face's longer side: how much its own picture shows

const words = await (await fetch(new URL("words.json", import.meta.url))).json();
const at = (id) => document.getElementById(id);
const copyOf = (id) => document.importNode(at(id).content.firstElementChild, true);
const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
const photos = new Set();
const queue = [];
let underWay = 0;
let usualSeconds = 0; // that a photo takes, a moving mean
let key = ""; // for a service that asks for one
let language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in words) ?? "en";

// Words

function say(name, values = {}) {
  const { errors, ...others } = words[language];
  const forms = others[name] ?? errors[name] ?? errors.unknown;
  const text = forms[new Intl.PluralRules(language).select(values.n)] ?? forms;
  return text.replace(/\{(\w+)\}/g, (_, slot) => inWords(slot, values[slot]));
}

function inWords(slot, value) {
  if (typeof value === "string") return value;
  const style = slot === "percent" ? "percent" : "decimal";
  return new Intl.NumberFormat(language, { style, maximumFractionDigits: 0 }).format(value);
}

function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.ariaLabel = say(element.dataset.label);
  }
}

function speak(chosen) {
  language = document.documentElement.lang = chosen;
  translate(document);
  for (const button of document.querySelectorAll(".languages button")) {
    button.ariaPressed = button.lang === chosen;
  }
  for (const photo of photos) photo.speak();
}

function announce(text) {
  at("said").textContent = text;
}

// The service

class Problem extends Error {
  constructor(code, { status = 0, retryAfter = 0 } = {}) {
    super(code);
    const asksForKey = status === 401 || status === 403;
    const mayPass = status === 0 || status >= 429;
    Object.assign(this, { code, retryAfter, asksForKey, mayPass });
  }
}

// The request once it was answered well; otherwise a Problem, or the signal's reason.
function post(path, file, { signal, onUpload, onSent }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", path);
    request.responseType = "blob";
    request.setRequestHeader("Accept", "image/jpeg, application/json");
    if (key) request.setRequestHeader("X-API-Key", key);
    request.upload.onprogress = ({ loaded, total }) => onUpload?.(loaded / total);
    request.upload.onload = () => onSent?.();
    request.onload = () => (request.status === 200 ? resolve(request) : read(request).then(reject));
    request.onerror = () => reject(new Problem("unreachable"));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("photo", file);
    request.send(form);
  });
}

async function read(refused) {
  const { status, response } = refused;
  const isOurs = response.type.startsWith("application/problem+json");
  const { code } = isOurs ? JSON.parse(await response.text()) : { code: "unknown" };
  return new Problem(code, { status, retryAfter: Number(refused.getResponseHeader("Retry-After")) });
}

function curlLine(name) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const field = quoted(`photo=@"${name.replace(/["\\]/g, "\\$&")}"`);
  const header = key && ' -H "X-API-Key: $API_KEY"';
  return `curl -F ${field}${header} ${quoted(new URL("v1/predict", document.baseURI).href)}`;
}

// One photo: its file, its way through the service, its card

class Photo {
  #leaving = new AbortController();
  #told = ["thinking"];

  constructor(file) {
    this.file = file;
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

  async #show(blob) {
    URL.revokeObjectURL(this.image.src);
    this.image.src = URL.createObjectURL(blob);
    const cannot = await this.image.decode().catch((error) => error);
    this.image.hidden = Boolean(cannot);
    this.part(".unseeable").hidden = !cannot;
    if (cannot) throw cannot;
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

  #tell(...told) {
    this.#told = told;
    this.part(".status").textContent = say(...told);
  }

  wait(n) {
    const seconds = Math.ceil((n * usualSeconds) / AT_ONCE);
    this.#tell(seconds ? "queued_for" : "queued", { n, seconds });
  }

  async send() {
    for (let left = TRIES - 1; photos.has(this); left--) {
      try {
        return await this.#answered(await this.#ask());
      } catch (problem) {
        if (!photos.has(this)) return;
        if (!(problem instanceof Problem)) throw problem;
        if (!left || !problem.retryAfter) return this.#failed(problem);
        await this.#pause(problem.retryAfter);
      }
    }
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
    const onUpload = (percent) => this.#tell("uploading", { percent: (progress.value = percent) });
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
    const answer = await fetch("v1/queue").catch(() => null);
    const { wait_s: seconds } = answer?.ok ? await answer.json() : {};
    const waits = ["thinking", "in_line"].includes(this.#told[0]);
    if (waits && seconds >= LONG_WAIT_S) this.#tell("in_line", { seconds });
  }

  async #pause(seconds) {
    announce(`${this.file.name}: ${say("busy", { seconds })}`);
    for (; seconds > 0 && photos.has(this); seconds--) {
      this.#tell("busy", { seconds });
      await sleep(1000);
    }
  }

  #answered(reply) {
    this.reply = reply;
    if (!this.annotated) this.part(".frames").replaceChildren(...reply.faces.map(frameOf(reply)));
    this.part(".more").hidden = false;
    this.#settle(...outcome(reply));
  }

  #describe({ faces, models, timings_ms: timings }) {
    const networks = models.map(({ name, version }) => `${name} ${version}`).join(" · ");
    const ms = Object.values(timings).reduce((sum, each) => sum + each, 0);
    const list = this.part(".faces");
    list.replaceChildren(...faces.map((face) => faceCard(face, this.image)));
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

  sendAgain() {
    delete this.problem;
    this.card.classList.remove("failed");
    this.part(".again").hidden = true;
    this.part("progress").hidden = false;
    this.card.focus();
    enqueue(this);
  }

  async download() {
    const { signal } = this.#leaving;
    try {
      this.annotated ??= (await post("v1/annotate", this.file, { signal })).response;
      save(this.annotated, `${this.file.name.replace(/\.\w+$/, "")}-annotated.jpg`);
    } catch (problem) {
      this.#tell(problem.code);
      announce(say(problem.code));
    }
  }

  remove() {
    const next = this.card.nextElementSibling ?? this.card.previousElementSibling ?? at("choose");
    photos.delete(this);
    this.#leaving.abort();
    URL.revokeObjectURL(this.image.src);
    this.card.remove();
    at("answers").hidden = !photos.size;
    next.focus();
  }
}

function outcome({ faces: { length: n }, max_faces: most }) {
  if (n && n === most && most > 1) return ["most_faces", { n }];
  return [n ? "faces" : "no_face", { n }];
}

function frameOf({ image: { width, height } }) {
  return ({ box: { left, top, right, bottom } }) => {
    const frame = document.createElement("div");
    const inset = [top / height, 1 - right / width, 1 - bottom / height, left / width];
    frame.style.inset = inset.map((share) => `${100 * share}%`).join(" ");
    return frame;
  };
}

function faceCard({ box, label, probability, face_probability: isFace }, image) {
  const card = copyOf("face");
  const part = (name) => card.querySelector(name);
  part(".label").textContent = label;
  part("meter").value = probability;
  part("meter").style.setProperty("--value", probability);
  part("meter").ariaLabel = label;
  const sure = [say("sure", { percent: probability }), say("is_face", { percent: isFace })];
  part(".sure").textContent = sure.join(" · ");
  drawFace(part("canvas"), image, box);
  return card;
}

function drawFace(canvas, image, { left, top, right, bottom }) {
  const side = AROUND_FACE * Math.max(right - left, bottom - top);
  const [x, y] = [(left + right - side) / 2, (top + bottom - side) / 2];
  canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, canvas.width, canvas.height);
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

// The line of photos

function add(files) {
  const added = Array.from(files, (file) => new Photo(file));
  at("photos").prepend(...added.map((photo) => photo.card));
  for (const photo of added) {
    photos.add(photo);
    enqueue(photo);
  }
  at("answers").hidden = !photos.size;
}

function enqueue(photo) {
  queue.push(photo);
  next();
}

function next() {
  while (queue.length && underWay < AT_ONCE) start(queue.shift());
  queue.forEach((photo, index) => photo.wait(index + underWay));
}

async function start(photo) {
  const started = performance.now();
  underWay++;
  try {
    await photo.send();
  } finally {
    underWay--;
    const seconds = (performance.now() - started) / 1000;
    usualSeconds += (seconds - usualSeconds) / (usualSeconds ? 4 : 1);
    next();
  }
}

// The camera

async function openCamera() {
  if (!navigator.mediaDevices) return chooseFrom("user"); // a page without HTTPS has no camera
  const wanted = { video: { facingMode: "user", width: { ideal: 1280 } } };
  at("shot").disabled = true;
  at("shoot").showModal();
  const stream = await navigator.mediaDevices.getUserMedia(wanted).catch(() => null);
  at("no-camera").hidden = Boolean(stream);
  at("video").srcObject = stream;
  if (!at("shoot").open) closeCamera();
}

function closeCamera() {
  for (const track of at("video").srcObject?.getTracks() ?? []) track.stop();
  at("video").srcObject = null;
}

async function takePhoto() {
  const { videoWidth: width, videoHeight: height } = at("video");
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(at("video"), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  at("shoot").close();
  add([new File([blob], "camera.jpg", { type: blob.type })]);
}

function chooseFrom(camera = "") {
  at("files").toggleAttribute("capture", Boolean(camera));
  if (camera) at("files").capture = camera;
  at("files").click();
}

// What people do

for (const button of document.querySelectorAll(".languages button")) {
  button.onclick = () => speak(button.lang);
}
at("choose").onclick = () => chooseFrom();
at("camera").onclick = openCamera;
at("clear").onclick = () => photos.forEach((photo) => photo.remove());
at("files").onchange = () => {
  add(at("files").files);
  at("files").value = ""; // so that the same file can be chosen again
};
at("access").onsubmit = (event) => {
  event.preventDefault();
  key = at("key").value;
  at("access").hidden = true;
  photos.forEach((photo) => photo.problem?.asksForKey && photo.sendAgain());
};
at("video").onloadeddata = () => (at("shot").disabled = false);
at("shot").onclick = takePhoto;
at("close").onclick = () => at("shoot").close();
at("shoot").onclose = closeCamera;
document.onpaste = ({ clipboardData }) => add(clipboardData.files);
document.ondragover = (event) => {
  event.preventDefault(); // else the browser leaves the page for the photo
  at("drop").classList.add("over");
};
document.ondragleave = ({ relatedTarget }) => {
  at("drop").classList.toggle("over", Boolean(relatedTarget));
};
document.ondrop = (event) => {
  event.preventDefault();
  at("drop").classList.remove("over");
  add(event.dataTransfer.files);
};
speak(language);
