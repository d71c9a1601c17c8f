/** Where the panel begins. */

import { render } from "lit";
import { app } from "./app.js";
import { installKeys } from "./keys.js";
import { Model } from "./model.js";
import "./panel.css";
import { installPointing } from "./pointed.js";
import { onThemeChange } from "./theme.js";
import { defineControls } from "./toolkit.js";

function start(): void {
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no element #app");
  defineControls();

  let isQueued = false;
  const model: Model = new Model(() => {
    // One drawing for all that changes at once, and still before the next frame
    if (isQueued) return;
    isQueued = true;
    queueMicrotask(() => {
      isQueued = false;
      try {
        render(app(model), root);
      } catch (error) {
        model.report(error);
      }
    });
  });
  window.addEventListener("error", (event) => model.report(event.error ?? event.message));
  window.addEventListener("unhandledrejection", (event) => model.report(event.reason));

  installPointing();
  installKeys(model);
  onThemeChange(() => model.setTheme());
  render(app(model), root);
  model.start();
}

start();
