import { shortText, visibleText } from "../explain/text";

const mostOfMessage = 1000;

/** A message in which nothing is a link: VS Code makes one of `[words](address)`, a command's address included. */
export function plainMessage(message: string): string {
  return visibleText(shortText(message, mostOfMessage)).replaceAll("](", "]\u2060(");
}
