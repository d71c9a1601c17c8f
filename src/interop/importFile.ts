import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import * as path from "node:path";
import type { Imported } from "./import";
import { besideFile, countParameters, modelText, mostInline, type Weights } from "./write";

/** What an import is called, and what its first lines say of it. */
export function headOf(sourceName: string, { report }: Imported): { name: string; title: string[] } {
  const of = report.producer === null ? report.format : `${report.format}, ${report.producer}`;
  return {
    name: sourceName.replace(/(\.(rnn|tar))?\.[^.]*$/, "") || sourceName,
    title: [`Imported from ${sourceName} (${of}).`, ...report.warnings],
  };
}

/** Where parameters stand unless somebody says it: in the text as long as somebody can read it. */
export function usualWeights({ chain }: Imported): Weights {
  return countParameters(chain) <= mostInline ? "inline" : "beside";
}

/** The file with the parameters of a model file: `model.parameters.safetensors` beside `model.rnn.json`. */
export function besideOf(modelFile: string): string {
  return `${modelFile.replace(/(\.rnn)?\.json$/, "")}.parameters.safetensors`;
}

/** Writes the model, whole or not at all; between two pieces it pauses. */
export function* writeModel(out: string, sourceName: string, imported: Imported, weights: Weights): Generator<void> {
  const { name, title } = headOf(sourceName, imported);
  const parameters = besideOf(out);
  const written: string[] = [];
  try {
    if (weights === "beside") {
      written.push(parameters);
      yield* writePieces(unfinished(parameters), besideFile(imported.chain));
    }
    written.push(out);
    const beside = weights === "beside" ? path.basename(parameters) : null;
    yield* writePieces(unfinished(out), modelText(name, title, imported.chain, beside));
    for (const file of written) renameSync(unfinished(file), file);
  } finally {
    for (const file of written) rmSync(unfinished(file), { force: true });
  }
}

/** Writes the parameters of a model alone, whole or not at all; between two pieces it pauses. */
export function* writeBeside(file: string, { chain }: Imported): Generator<void> {
  try {
    yield* writePieces(unfinished(file), besideFile(chain));
    renameSync(unfinished(file), file);
  } finally {
    rmSync(unfinished(file), { force: true });
  }
}

const unfinished = (file: string) => `${file}.unfinished`;

function* writePieces(file: string, pieces: Iterable<string | Uint8Array>): Generator<void> {
  const handle = openSync(file, "w");
  try {
    for (const piece of pieces) {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      yield;
    }
  } finally {
    closeSync(handle);
  }
}
