// Elements of index.html.

export const at = (id) => document.getElementById(id);

// A new element from a template.
export const copyOf = (id) => document.importNode(at(id).content.firstElementChild, true);

// For those who hear the page.
export function announce(text) {
  at("said").textContent = text;
}
