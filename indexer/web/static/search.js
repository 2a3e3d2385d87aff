// Search: as the library, over shots; and by a picture of one's own.

import "./library.js";

import { say } from "./say.js";

const MOST_BYTES = 8 * 2 ** 20;
const picture = document.querySelector("#picture");

picture?.addEventListener("change", () => {
  const [file] = picture.files;
  if (!file) return;
  if (file.size > MOST_BYTES) {
    say("That picture is larger than 8 MB; choose a smaller one.");
    picture.value = "";
    return;
  }
  picture.form.requestSubmit();
});
