/** Where the panel begins. */

import { render } from "lit";
import { app } from "./app";
import { installDrop } from "./drop";
import { installKeys } from "./keys";
import { cover, light } from "./light";
import { Model } from "./model";
import "./panel.css";
import { installPointing } from "./pointed";
import { onThemeChange } from "./theme";
import { defineControls } from "./toolkit";

/**
 * One drawing for all that changes at once, and still before the next frame. Under a held key one a frame: what comes faster than it
 * can be drawn skips frames and holds nothing up.
 */
function onceAFrame(isHeld: () => boolean, draw: () => void): () => void {
  let isDue = false;
  const drawNow = (): void => {
    isDue = false;
    draw();
  };
  return () => {
    if (isDue) return;
    isDue = true;
    if (isHeld()) requestAnimationFrame(drawNow);
    else queueMicrotask(drawNow);
  };
}

function start(): void {
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no element #app");
  defineControls();

  const model: Model = new Model(
    onceAFrame(
      () => model.isHeld,
      () => {
        try {
          render(app(model), root);
          light(model.litReferences);
          model.lightText();
          cover(model.coveredNumbers);
        } catch (error) {
          model.report(error);
        }
      },
    ),
  );
  window.addEventListener("error", (event) => model.report(event.error ?? event.message));
  window.addEventListener("unhandledrejection", (event) => model.report(event.reason));

  installPointing(
    (reference) => model.explain(reference),
    (reference, name) => model.press(reference, name),
    (reference) => model.setPointed(reference),
  );
  window.addEventListener("resize", () =>
    model.setPanelSize(window.innerWidth / model.zoom, window.innerHeight / model.zoom),
  );
  installKeys(model);
  installDrop(model);
  onThemeChange(() => model.setTheme());
  render(app(model), root);
  model.start();
}

start();
