/**
 * The number that the pointer or the keyboard is at: shown with all its digits, copied with one key.
 * Numbers of the page are elements of the class `num`; pictures tell about theirs with `point`.
 */

import { equationParts } from "./equation";
import { afterPaint } from "./inTurn";
import { coverName } from "./light";
import { formatExact, plainNumber } from "./numbers";
import { readableName } from "./readableName";

export interface Pointed {
  /** Where the number stands, as the trace names it: `layers.0.h[3]`. */
  readonly name: string;
  /** Time and names of row and column, where there are any: `t = 3`. */
  readonly where: string;
  /** One number, or the smallest and the largest of those under one pixel; none where a part of a drawing has no number yet. */
  readonly values: readonly number[];
  /** What it is computed by. */
  readonly equation?: string;
  /** What it was before the last change of a weight, where that is shown. */
  readonly before?: number | undefined;
  /** The name by which it is explained; empty where it is no one number of the run. */
  readonly reference?: string;
}

let current: Pointed | null = null;
let layerCount = 1;

/** Of a model with several layers a number's name says whose it is. */
export function countLayers(count: number): void {
  layerCount = count;
}
let tellPointed: (reference: string) => void = () => undefined;
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

/** In words: `h[0], t = 3: 0.6405293508298561`. */
export function describe(pointed: Pointed): string {
  const values = pointed.values.map(formatExact).join(" … ");
  const before = pointed.before === undefined ? "" : `, before the change ${formatExact(pointed.before)}`;
  return `${readableName(pointed.name, layerCount)}${pointed.where === "" ? "" : `, ${pointed.where}`}: ${values || "not yet"}${before}`;
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
  tellPointed(pointed?.reference ?? "");
  tip.hidden = pointed === null;
  if (pointed === null) return;
  const { name, where, values, equation = "", before } = pointed;
  const names = [readableName(name, layerCount), where].filter((text) => text !== "").join(" · ");
  tip.replaceChildren(
    ...(names === "" ? [] : [line("tip-name", names)]),
    ...(equation === "" ? [] : [equationLine(equation)]),
    ...(values.length === 0 ? [] : [line("tip-value", values.map(formatExact).join("  …  "))]),
    ...(before === undefined ? [] : [line("tip-name", `before the change: ${formatExact(before)}`)]),
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
  const before = data("before") === "" ? undefined : Number(data("before"));
  // What numbers have in common stands on what is around them
  const when = element.closest("[data-when]")?.getAttribute("data-when") ?? "";
  const where = [when, data("where")].filter((text) => text !== "").join(", ");
  return { name: data("name") || data("reference"), where, values, equation, reference: data("reference"), before };
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

/** The number under the first click of a double click: what that opens may lie under the second one. */
let firstPressed = "";

/** Explains a number that is double-clicked, or on which Enter is pressed; and says to VS Code's menu which one it is over. */
function installExplaining(explain: (reference: string) => void): void {
  const referenceAt = (target: Element | null): string =>
    numberAt(target)?.getAttribute("data-reference") || (current?.reference ?? "");
  document.addEventListener("dblclick", (event) => {
    // The first click may have given its target the pointer
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const reference = firstPressed || (target?.closest("button, .label") ? "" : referenceAt(target));
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
 * @param press   what to do with one that is clicked; `name` is its own in the page
 * @param pointed what to do with one that is pointed at; empty where none is
 */
export function installPointing(
  explain: (reference: string) => void,
  press: (reference: string, name: string) => void,
  pointed: (reference: string) => void,
): void {
  installExplaining(explain);
  tellPointed = pointed;
  document.addEventListener("click", (event) => {
    // The second click of a double click is none of its own
    if (event.detail > 1) return;
    firstPressed = "";
    if (!(event.target instanceof Element) || event.target.closest("button, a, select, .explain") !== null) return;
    const number = event.target.closest("[data-reference]");
    const isPicture = event.target.closest(".plot[data-track], heat-canvas") !== null;
    const reference = number?.getAttribute("data-reference") || (isPicture ? (current?.reference ?? "") : "");
    if (reference === "") return;
    firstPressed = reference;
    press(reference, number === null ? "" : coverName(number));
  });
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
  // The tip is no longer where the number is; the keyboard is still at it, and the pointer tells by itself what is now under it.
  const hideTip = () => {
    tip.hidden = true;
  };
  document.addEventListener("scroll", hideTip, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow") || !(event.target instanceof Element)) return;
    const group = event.target.closest("[data-numbers]");
    if (group !== null && moveInGroup(group, event.key)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
}
