/**
 * The number that the pointer or the keyboard is at: shown with all its digits, copied with one key.
 * Numbers of the page are elements of the class `num`; pictures tell about theirs with `point`.
 */

import { equationParts } from "./equation";
import { afterPaint } from "./inTurn";
import { formatExact, plainNumber } from "./numbers";

export interface Pointed {
  /** Where the number stands, as the trace names it: `layers.0.h[3]`. */
  readonly name: string;
  /** Time and names of row and column, where there are any: `t = 3`. */
  readonly where: string;
  /** One number, or the smallest and the largest of those under one pixel; none where a part of a drawing has no number yet. */
  readonly values: readonly number[];
  /** What it is computed by. */
  readonly equation?: string;
  /** The name by which it is explained; empty where it is no one number of the run. */
  readonly reference?: string;
}

let current: Pointed | null = null;
const tip = document.createElement("div");
const live = document.createElement("div");
const toast = document.createElement("div");
let toastTimer = 0;

/** Says something to screen readers, once what is being said has ended. */
export function announce(text: string): void {
  // What is heard need not hold up what is seen
  afterPaint(() => {
    if (live.textContent !== text) live.textContent = text;
  });
}

export function pointedNumber(): Pointed | null {
  return current;
}

/** In words: `layers.0.h[0], t = 3: 0.6405293508298561`. */
export function describe(pointed: Pointed): string {
  const values = pointed.values.map(formatExact).join(" … ");
  return `${pointed.name}${pointed.where === "" ? "" : `, ${pointed.where}`}: ${values || "not yet"}`;
}

/** What the copy key puts on the clipboard. */
export function copyText(pointed: Pointed): string {
  return pointed.values.map(plainNumber).join(" ");
}

function line(className: string, text: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text;
  return element;
}

function equationLine(text: string): HTMLElement {
  const element = line("tip-equation equation", "");
  for (const { text: part, place } of equationParts(text)) {
    const span = document.createElement(place === "line" ? "span" : place);
    span.textContent = part;
    element.append(span);
  }
  return element;
}

/** Shows the tooltip of a number at a place in the window; null takes it away. */
export function point(pointed: Pointed | null, x = 0, y = 0): void {
  current = pointed;
  tip.hidden = pointed === null;
  if (pointed === null) return;
  const { name, where, values, equation = "" } = pointed;
  const names = [name, where].filter((text) => text !== "").join(" · ");
  tip.replaceChildren(
    ...(names === "" ? [] : [line("tip-name", names)]),
    ...(equation === "" ? [] : [equationLine(equation)]),
    ...(values.length === 0 ? [] : [line("tip-value", values.map(formatExact).join("  …  "))]),
  );
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(Math.max(4, x - width / 2), window.innerWidth - width - 4);
  const above = y - height - 10;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${above < 4 ? y + 18 : above}px`);
}

/** A quiet word at the edge of the panel that goes by itself. */
export function showToast(text: string): void {
  toast.textContent = text;
  toast.classList.add("is-shown");
  window.clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => toast.classList.remove("is-shown"), 1600);
}

/** A number, with the equation of the part of a drawing in which it stands; or such a part without a number. */
function readNumber(element: Element): Pointed {
  const data = (name: string) => element.getAttribute(`data-${name}`) ?? "";
  const equation = element.closest("[data-equation]")?.getAttribute("data-equation") ?? "";
  const values = data("value") === "" ? [] : [Number(data("value"))];
  return { name: data("name"), where: data("where"), values, equation, reference: data("reference") };
}

function pointAtElement(element: Element): void {
  const box = (element.closest("[data-equation]") ?? element).getBoundingClientRect();
  point(readNumber(element), box.left + box.width / 2, box.top);
}

function center(element: Element): readonly [x: number, y: number] {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

/** The number under a place on the page, or the part of a drawing: that one's number, where it has one. */
function numberAt(target: EventTarget | null): Element | null {
  if (!(target instanceof Element)) return null;
  const part = target.closest("[data-equation]");
  return target.closest(".num") ?? part?.querySelector(".num") ?? part;
}

/** Arrow keys inside a group of numbers go to the nearest number in that direction. */
function moveInGroup(group: Element, key: string): boolean {
  const numbers = [...group.querySelectorAll<HTMLElement | SVGElement>(".num")];
  const active = document.activeElement;
  if (!numbers.some((number) => number === active)) {
    focusNumber(numbers[0]);
    return numbers.length > 0;
  }
  const [x, y] = center(active as Element);
  const isSideways = key === "ArrowLeft" || key === "ArrowRight";
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  let nearest: HTMLElement | SVGElement | undefined;
  let least = Infinity;
  for (const number of numbers) {
    const [cx, cy] = center(number);
    const along = sign * (isSideways ? cx - x : cy - y);
    const across = Math.abs(isSideways ? cy - y : cx - x);
    const distance = along + 4 * across;
    if (number !== active && along > 2 && distance < least) [nearest, least] = [number, distance];
  }
  focusNumber(nearest);
  return true;
}

function focusNumber(number: HTMLElement | SVGElement | undefined): void {
  if (number === undefined) return;
  number.setAttribute("tabindex", "-1");
  number.focus();
}

/** Explains a number that is double-clicked, or on which Enter is pressed; and says to VS Code's menu which one it is over. */
function installExplaining(explain: (reference: string) => void): void {
  const referenceAt = (target: Element | null): string =>
    numberAt(target)?.getAttribute("data-reference") || (current?.reference ?? "");
  document.addEventListener("dblclick", (event) => {
    // The first click may have given its target the pointer
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const reference = target?.closest("button, .label") ? "" : referenceAt(target);
    if (reference === "") return;
    window.getSelection()?.removeAllRanges();
    explain(reference);
  });
  document.addEventListener("keydown", (event) => {
    const number = event.target instanceof Element && event.target.matches(".num") ? event.target : null;
    const reference = number?.getAttribute("data-reference") ?? "";
    if (event.key !== "Enter" || reference === "") return;
    event.preventDefault();
    explain(reference);
  });
  document.addEventListener(
    "contextmenu",
    (event) => {
      const rnnReference = referenceAt(event.target instanceof Element ? event.target : null);
      const { dataset } = document.body;
      if (rnnReference === "") delete dataset["vscodeContext"];
      else dataset["vscodeContext"] = JSON.stringify({ rnnReference, preventDefaultContextMenuItems: true });
    },
    { capture: true },
  );
}

/**
 * Puts the tooltip, the live region and the toast on the page and listens for numbers under the pointer and the focus.
 * @param explain what to do with a number, by its reference, that the user wants explained
 */
export function installPointing(explain: (reference: string) => void): void {
  installExplaining(explain);
  tip.className = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  live.className = "visually-hidden";
  live.setAttribute("aria-live", "polite");
  live.dataset["testid"] = "live";
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.dataset["testid"] = "toast";
  document.body.append(tip, live, toast);

  document.addEventListener("pointerover", (event) => {
    const element = numberAt(event.target);
    if (element !== null) pointAtElement(element);
  });
  document.addEventListener("pointerout", (event) => {
    if (numberAt(event.target) !== null) point(null);
  });
  document.addEventListener("focusin", (event) => {
    const element = numberAt(event.target);
    if (element !== null) pointAtElement(element);
    else point(null);
  });
  document.addEventListener("focusout", () => point(null));
  document.addEventListener("scroll", () => point(null), { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow") || !(event.target instanceof Element)) return;
    const group = event.target.closest("[data-numbers]");
    if (group !== null && moveInGroup(group, event.key)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
}
