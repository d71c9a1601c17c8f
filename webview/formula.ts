/** Formulas in LaTeX, typeset by KaTeX; until its script has come, in plain text. */

import type katexType from "katex";
import { noChange } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";

type Katex = typeof katexType;

declare global {
  interface Window {
    katex?: Katex;
  }
}

interface Formula {
  readonly latex: string;
  readonly text: string;
  /** On lines of its own. */
  readonly isDisplay: boolean;
}

const own = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";
/** What waits for KaTeX's script. */
const waiting = new Map<Element, Formula>();
let isLoading = false;

function load(): void {
  if (isLoading) return;
  isLoading = true;
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL("katex.css", own).href;
  const script = document.createElement("script");
  script.src = new URL("katex.js", own).href;
  script.nonce = document.querySelector("meta[property=csp-nonce]")?.getAttribute("content") ?? "";
  script.addEventListener("load", () => {
    for (const [element, formula] of waiting) draw(element, formula);
    waiting.clear();
  });
  script.addEventListener("error", () => reportError(new Error(`the formulas' script ${script.src} did not load`)));
  document.head.append(sheet, script);
}

function draw(element: Element, formula: Formula): void {
  const { katex } = window;
  if (katex === undefined) {
    element.textContent = formula.text;
    waiting.set(element, formula);
    load();
    return;
  }
  katex.render(formula.latex, element as HTMLElement, {
    displayMode: formula.isDisplay,
    fleqn: true,
    throwOnError: false,
    strict: false,
  });
}

class FormulaDirective extends Directive {
  private drawn = "";

  render(_latex: string, _text: string, _isDisplay = false): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [latex, text, isDisplay = false]: [string, string, boolean?]): typeof noChange {
    if (latex !== this.drawn) draw(part.element, { latex, text, isDisplay });
    this.drawn = latex;
    return noChange;
  }
}

/** `<span ${formula("h_{2}", "h_2")}></span>`: fills the element. The text stands there until the formula can be drawn. */
export const formula = directive(FormulaDirective);
