// Photos in, framed faces out. The page asks nobody but its own service and keeps nothing.
// Here is what people do; what comes of it is in the other modules.

import { chooseFiles, closeCamera, openCamera, takePhoto } from "./camera.js";
import { at } from "./page.js";
import { add, photos } from "./queue.js";
import { useKey } from "./service.js";
import { speak, spoken } from "./words.js";

const languages = document.querySelectorAll(".languages button");

function changeLanguage(chosen) {
  speak(chosen);
  for (const button of languages) button.ariaPressed = button.lang === chosen;
  for (const photo of photos) photo.speak();
}

for (const button of languages) button.onclick = () => changeLanguage(button.lang);
at("choose").onclick = () => chooseFiles();
at("camera").onclick = openCamera;
at("clear").onclick = () => photos.forEach((photo) => photo.remove());
at("files").onchange = () => {
  add(at("files").files);
  at("files").value = ""; // so that the same file can be chosen again
};
at("access").onsubmit = (event) => {
  event.preventDefault();
  useKey(at("key").value);
  at("access").hidden = true;
  photos.forEach((photo) => photo.problem?.asksForKey && photo.sendAgain());
};
at("video").onloadeddata = () => {
  at("shot").disabled = false;
};
at("shot").onclick = async () => {
  const photo = await takePhoto();
  at("shoot").close();
  add([photo]);
};
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
changeLanguage(spoken());
