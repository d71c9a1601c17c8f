/** An exercise of a course as a file of a model, with the numbers that the course publishes as its expectations. */
import { Literal, plainLayout, printJson } from "../../../src/format/layout";
import type { PrintedItem } from "../../../src/interop/printed";
import { readPrinted } from "../../../src/interop/printed";

export interface Exercise {
  /** The file's name, without its ending. */
  readonly file: string;
  /** What stands above the file, in lines: what it is, where the numbers come from, what is wrong with some. */
  readonly comment: string;
  readonly model: object;
}

/** Numbers as they were published, with their digits; `...` and nan are not checked. */
export type Published = Literal | null | readonly Published[];

export function published(text: string): Published {
  const convert = (item: PrintedItem): Published => {
    if (Array.isArray(item)) return (item as readonly PrintedItem[]).map(convert);
    return typeof item === "string" ? new Literal(item) : null;
  };
  return convert(readPrinted(text)[0]!.items);
}

/** Some numbers of a vector, by their indices; the others are not checked. */
export function only(length: number, numbers: Readonly<Record<number, Published>>): Published {
  return Array.from({ length }, (_, k) => numbers[k] ?? null);
}

export function fileText({ comment, model }: Exercise): string {
  const lines = comment
    .trim()
    .split("\n")
    .map((line) => `// ${line}`.trimEnd());
  return `${lines.join("\n")}\n${printJson({ version: 1, ...model }, plainLayout)}\n`;
}
