// What the page asks of its service.

let key = ""; // for a service that asks for one

export function useKey(typed) {
  key = typed;
}

export class Problem extends Error {
  constructor(code, { status = 0, retryAfter = 0 } = {}) {
    super(code);
    this.code = code;
    this.retryAfter = retryAfter;
    this.asksForKey = status === 401 || status === 403;
    this.mayPass = status === 0 || status >= 429;
  }
}

// The request once it was answered well; otherwise a Problem, or the signal's reason.
export function post(path, file, { signal, onUpload, onSent }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", path);
    request.responseType = "blob";
    request.setRequestHeader("Accept", "image/jpeg, application/json");
    if (key) request.setRequestHeader("X-API-Key", key);
    request.upload.onprogress = ({ loaded, total }) => onUpload?.(loaded / total);
    request.upload.onload = () => onSent?.();
    request.onload = () => {
      if (request.status === 200) resolve(request);
      else problemOf(request).then(reject, reject);
    };
    request.onerror = () => reject(new Problem("unreachable"));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("photo", file);
    request.send(form);
  });
}

// Seconds that a photo sent now would take; undefined where the service does not say.
export async function secondsInLine() {
  const answer = await fetch("v1/queue").catch(() => null);
  return answer?.ok ? (await answer.json()).wait_s : undefined;
}

// The command that asks the same of the service.
export function curlLine(fileName) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const field = quoted(`photo=@"${fileName.replace(/["\\]/g, "\\$&")}"`);
  const header = key && ' -H "X-API-Key: $API_KEY"';
  return `curl -F ${field}${header} ${quoted(new URL("v1/predict", document.baseURI).href)}`;
}

async function problemOf(refused) {
  const { status, response } = refused;
  const isOurs = response.type.startsWith("application/problem+json");
  const { code } = isOurs ? JSON.parse(await response.text()) : { code: "unknown" };
  return new Problem(code, { status, retryAfter: Number(refused.getResponseHeader("Retry-After")) });
}
