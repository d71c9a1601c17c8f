/** What is on the screen is drawn first; what one would have to scroll to is drawn once that is painted, so that nobody waits for it. */

import { noChange } from "lit";
import { AsyncDirective } from "lit/async-directive.js";
import { type ChildPart, directive } from "lit/directive.js";

/** Runs a task once the next frame is painted. */
export function afterPaint(task: () => void): void {
  requestAnimationFrame(() => setTimeout(task));
}

const waiting = new Set<InTurnDirective>();
let isDue = false;

function drawWaiting(): void {
  isDue = false;
  for (const part of waiting) part.draw();
}

const observed = new Map<Element, InTurnDirective>();

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const part = observed.get(target);
    if (part !== undefined) part.isOnScreen = isIntersecting;
  }
});

class InTurnDirective extends AsyncDirective {
  private element: Element | null = null;
  /** Until it is known, as if it were. */
  private isSeen = true;
  /** What is to be drawn, while it waits. */
  private content: () => unknown = () => noChange;

  render(_content: () => unknown): typeof noChange {
    return noChange;
  }

  override update(part: ChildPart, [content]: [() => unknown]): unknown {
    const drawn = part.startNode?.nextSibling;
    this.observe(drawn instanceof Element ? drawn : null);
    if (this.isSeen) {
      waiting.delete(this);
      return content();
    }
    this.content = content;
    waiting.add(this);
    if (!isDue) afterPaint(drawWaiting);
    isDue = true;
    return noChange;
  }

  draw(): void {
    if (waiting.delete(this)) this.setValue(this.content());
  }

  set isOnScreen(isSeen: boolean) {
    this.isSeen = isSeen;
    if (isSeen) this.draw();
  }

  protected override disconnected(): void {
    this.observe(null);
    waiting.delete(this);
  }

  private observe(element: Element | null): void {
    if (element === this.element) return;
    if (this.element !== null) {
      observer.unobserve(this.element);
      observed.delete(this.element);
    }
    this.element = element;
    this.isSeen = true;
    if (element !== null) {
      observer.observe(element);
      observed.set(element, this);
    }
  }
}

/**
 * One element of the page, or nothing: `${inTurn(() => html`<section>…</section>`)}`. While the element is off the screen, what it
 * is to show is made and drawn after the next frame only.
 */
export const inTurn = directive(InTurnDirective);
