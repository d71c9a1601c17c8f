/** Reads a model file with the data that it names. */
import { readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import type { Problem, Sequence } from "../engine/model";
import { dataBeside, decodeText, EncodingError, openData } from "../format/openData";
import type { Reading } from "../format/read";
import { readProblem } from "../format/read";
import { run } from "../format/slices";
import { FileError, messageOf } from "./call";
import { tell } from "./terminal";

export interface GoodReading {
  readonly text: string;
  readonly reading: Reading;
  readonly problem: Problem;
}

/** Reads a file; its warnings go to standard error. @throws FileError with a line for each of its errors */
export function readFile(file: string): GoodReading {
  return readText(file, textOf(file));
}

/** The problem of a text that stands for a file: of that itself, or of a model that was made of it. @throws FileError */
export function problemOfText(file: string, text: string): Problem {
  return readText(file, text).problem;
}

function readText(file: string, text: string): GoodReading {
  const reading = readProblem(text, {
    fileName: path.basename(file),
    readData: dataBeside(path.dirname(file)),
  });
  const line = lineFinder(text);
  const messages = reading.diagnostics.map(({ offset, message, severity }) => {
    const at = line(offset);
    return `${file}:${at.line}:${at.column}: ${severity === "warning" ? "warning: " : ""}${message}`;
  });
  if (!reading.problem) throw new FileError(messages.join("\n"));
  for (const message of messages) tell(message);
  return { text, reading, problem: reading.problem };
}

function textOf(file: string): string {
  try {
    // What somebody pipes in, `<(…)`, is his own and comes to an end.
    return run(decodeText(statSync(file).isFIFO() ? readFileSync(file) : run(openData(file))));
  } catch (error) {
    const place = error instanceof EncodingError ? `:${error.line}:${error.column}` : "";
    throw new FileError(`${file}${place}: ${messageOf(error)}`);
  }
}

/** A function that gives the 1-based line and column of an offset. */
function lineFinder(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - starts[line]! + 1 };
  };
}

/** @throws FileError where there is none of that number */
export function sequenceIn(file: string, problem: Problem, index: number): Sequence {
  const sequence = problem.sequences[index];
  if (sequence) return sequence;
  const count = problem.sequences.length;
  throw new FileError(
    `${file}: there is no sequence ${index}: ${count === 0 ? "the file has none" : `the file has ${count}, counted from 0`}`,
  );
}
