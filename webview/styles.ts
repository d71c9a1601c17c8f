import { noChange } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";

class StylesDirective extends Directive {
  private previous: Record<string, string> = {};

  render(_styles: Record<string, string>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [styles]: [Record<string, string>]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const name of Object.keys(this.previous)) if (!(name in styles)) style.removeProperty(name);
    for (const [name, value] of Object.entries(styles))
      if (this.previous[name] !== value) style.setProperty(name, value);
    this.previous = styles;
    return noChange;
  }
}

/**
 * Sets CSS properties of an element: `<div ${styles({ left: "3px" })}>`. Through the object model and never through a style
 * attribute, which the page's content security policy forbids.
 */
export const styles = directive(StylesDirective);
