// Every text, in the language that is spoken.

const words = await (await fetch(new URL("words.json", import.meta.url))).json();
let language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in words) ?? "en";

export const spoken = () => language;

export function say(name, values = {}) {
  const { errors, verdicts, reasons, ...others } = words[language];
  const forms = { ...errors, ...reasons, ...verdicts, ...others }[name] ?? errors.unknown;
  const text = forms[new Intl.PluralRules(language).select(values.n)] ?? forms;
  return text.replace(/\{(\w+)\}/g, (_, slot) => inWords(slot, values[slot]));
}

export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.ariaLabel = say(element.dataset.label);
  }
}

export function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  translate(document);
}

function inWords(slot, value) {
  if (typeof value === "string") return value;
  const style = slot === "percent" ? "percent" : "decimal";
  return new Intl.NumberFormat(language, { style, maximumFractionDigits: 0 }).format(value);
}
