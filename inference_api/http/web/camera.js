// A photo from the camera, or where the page may not use it, from what the browser offers instead.

import { at } from "./page.js";

export async function openCamera() {
  if (!navigator.mediaDevices) return chooseFiles("user"); // a page without HTTPS has no camera
  const wanted = { video: { facingMode: "user", width: { ideal: 1280 } } };
  at("shot").disabled = true;
  at("shoot").showModal();
  const stream = await navigator.mediaDevices.getUserMedia(wanted).catch(() => null);
  at("no-camera").hidden = Boolean(stream);
  at("video").srcObject = stream;
  if (!at("shoot").open) closeCamera();
}

export function closeCamera() {
  for (const track of at("video").srcObject?.getTracks() ?? []) track.stop();
  at("video").srcObject = null;
}

export async function takePhoto() {
  const { videoWidth: width, videoHeight: height } = at("video");
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(at("video"), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  return new File([blob], "camera.jpg", { type: blob.type });
}

// camera: which one a phone opens; without it, files are chosen.
export function chooseFiles(camera = "") {
  at("files").toggleAttribute("capture", Boolean(camera));
  if (camera) at("files").capture = camera;
  at("files").click();
}
