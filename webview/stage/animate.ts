/** A step is seen to move: short, cut off by the next one, not at all under a held key or where somebody wants no motion. */

import type { Cursor } from "../../src/protocol/panel";

const durationMs = 200;
const wantsNoMotion = matchMedia("(prefers-reduced-motion: reduce)");
const stages = new WeakMap<Element, { position: number; running: Animation[] }>();

/** To be called after the stage is drawn. */
export function animateStep(element: Element | undefined, { position, playing, speed }: Cursor, isHeld: boolean): void {
  if (element === undefined) return;
  const before = stages.get(element);
  if (before?.position === position) return;
  for (const animation of before?.running ?? []) animation.cancel();
  const isCalm = isHeld || (playing && speed > 4) || wantsNoMotion.matches;
  const running: Animation[] = [];
  stages.set(element, { position, running });
  if (before === undefined || isCalm || position === 0) return;
  // The frame that shows the step is not held up
  requestAnimationFrame(() => {
    if (stages.get(element)?.position !== position) return;
    for (const part of element.querySelectorAll("[data-pulse=flow]"))
      running.push(
        part.animate([{ opacity: 0, offset: 0 }, { opacity: 1, offset: 0.6 }, { opacity: 1 }], {
          duration: durationMs,
          easing: "ease-out",
        }),
      );
    for (const part of element.querySelectorAll(".stage-row.is-active, .stage-upright.is-active"))
      running.push(
        part.animate(
          [
            { transform: "translateY(5px)", opacity: 0.2 },
            { transform: "none", opacity: 1 },
          ],
          { duration: durationMs, easing: "ease-out" },
        ),
      );
  });
}
