/** What is pointed at, or stands on the line *Now*, lights up wherever it is shown. */

let lit: Element[] = [];

/** Marks every element that shows one of these numbers, and no other. */
export function light(references: readonly string[]): void {
  for (const element of lit) element.removeAttribute("data-lit");
  lit = [];
  for (const reference of references) {
    if (reference === "") continue;
    for (const element of document.querySelectorAll(`[data-reference="${CSS.escape(reference)}"]`)) {
      element.setAttribute("data-lit", "");
      lit.push(element);
    }
  }
}

/** A number's own name in the page: what it is of, and when. */
export function coverName(element: Element): string {
  return `${element.closest("[data-when]")?.getAttribute("data-when") ?? ""} ${element.getAttribute("data-name") ?? ""} ${element.getAttribute("data-where") ?? ""} ${element.getAttribute("data-reference") ?? ""}`;
}

let coveredElements: Element[] = [];

/** Covers every element that shows one of these numbers, and no other. */
export function cover(names: readonly string[]): void {
  for (const element of coveredElements) element.removeAttribute("data-covered");
  coveredElements =
    names.length === 0
      ? []
      : [...document.querySelectorAll(".num")].filter((element) => names.includes(coverName(element)));
  for (const element of coveredElements) element.setAttribute("data-covered", "");
}
