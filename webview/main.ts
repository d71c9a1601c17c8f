/** Where the panel begins. */

import { render } from "lit";
import { app } from "./app";
import { installKeys } from "./keys";
import { Model } from "./model";
import "./panel.css";
import { installPointing } from "./pointed";
import { onThemeChange } from "./theme";
import { defineControls } from "./toolkit";

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

  installPointing((reference) => model.explain(reference));
  installKeys(model);
  onThemeChange(() => model.setTheme());
  render(app(model), root);
  model.start();
}

start();
