/** What floats over the panel takes the keyboard while it is open and gives it back when it closes. */

import { noChange } from "lit";
import { AsyncDirective } from "lit/async-directive.js";
import { directive, type ElementPart } from "lit/directive.js";

class FloatingDirective extends AsyncDirective {
  private before: Element | null = null;
  private close: () => void = () => undefined;
  private element: Element | null = null;

  render(_close: () => void): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [close]: [() => void]): typeof noChange {
    this.close = close;
    if (this.element === null) this.open(part.element);
    return noChange;
  }

  protected override disconnected(): void {
    document.removeEventListener("pointerdown", this.onPointerDown);
    if (this.before instanceof HTMLElement) this.before.focus();
    this.element = null;
  }

  private open(element: Element): void {
    this.element = element;
    this.before = document.activeElement;
    document.addEventListener("pointerdown", this.onPointerDown);
    // The element is not on the page yet
    queueMicrotask(() => {
      if (element instanceof HTMLElement) element.focus();
    });
  }

  private readonly onPointerDown = (event: Event): void => {
    const path = event.composedPath();
    const opener = this.element?.parentElement;
    // The button that opened it closes it by itself
    if (this.element !== null && !path.includes(this.element) && !(opener && path.includes(opener))) this.close();
  };
}

/** `<div tabindex="-1" ${floating(close)}>`: focused when it appears; a click beside it closes it. */
export const floating = directive(FloatingDirective);
