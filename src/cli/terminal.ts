import { escapeOf } from "../explain/text";

/** What a terminal takes as an order, or shows in another direction; a line's end is one. */
const orders = /(?!\n)[\p{Cc}\p{Cs}\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;

/** A text that a terminal shows and does nothing else with, whatever a file says or is called. */
export function terminalText(text: string): string {
  return text.replaceAll(orders, escapeOf);
}

/** Says it on standard error. */
export function tell(line: string): void {
  process.stderr.write(`${terminalText(line)}\n`);
}
