import type { Stored } from "./stored";

/** One direction of a layer: parameters and initial states by their names in the file. */
export interface ImportedPass {
  readonly parameters: Readonly<Record<string, Stored>>;
  /** `h0`, `c0` */
  readonly initial?: Readonly<Record<string, Stored>>;
}

export interface ImportedLayer {
  /** What its author calls it. */
  readonly name: string;
  readonly cell: string;
  readonly size: number;
  /** X: the length of what it reads. */
  readonly inputs: number;
  /** `reset`, `activation`, constants of an own cell. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly direction: "forward" | "backward" | "both";
  readonly forward: ImportedPass;
  /** With `both`: the pass backward. */
  readonly reverse?: ImportedPass;
  /** The source's names of what it is made of. */
  readonly from: readonly string[];
}

/** A cell of the file's own, as `cells` has it. */
export interface OwnCell {
  readonly title: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly equations: readonly string[];
}

export interface ReadOut {
  readonly size: number;
  readonly at: "every" | "last" | "ends";
  readonly activation: "linear" | "sigmoid" | "softmax" | "tanh";
  /** Null where the top layer's h_t is the output. */
  readonly dense: { readonly Why: Stored; readonly by: Stored | null; readonly Wxy?: Stored } | null;
  /** The input is added to the logits. */
  readonly skip: boolean;
  readonly from: readonly string[];
}

export interface Embedding {
  readonly size: number;
  readonly E: Stored;
  readonly from: readonly string[];
}

/** A sequence of the source's own test vectors. */
export interface ImportedSequence {
  readonly name: string;
  readonly inputs: readonly unknown[];
  readonly targets?: readonly unknown[];
}

/** Layers that read each other, one after the other, with what stands before and after them. */
export interface Chain {
  readonly embedding?: Embedding;
  readonly layers: readonly ImportedLayer[];
  readonly output: ReadOut;
  readonly cells: Readonly<Record<string, OwnCell>>;
  readonly vocabulary?: readonly string[];
  readonly sequences?: readonly ImportedSequence[];
  readonly description?: string;
  /** What holds for this chain alone. */
  readonly warnings?: readonly string[];
}

export interface Left {
  readonly name: string;
  readonly why: string;
  /** Whether something recurrent was left out: the import is then no whole one. */
  readonly recurrent?: boolean;
}

/** What a format's reader finds in a file. */
export interface Found {
  readonly format: string;
  /** Who wrote the file, where it says so. */
  readonly producer: string | null;
  /** The best one first. */
  readonly chains: readonly Chain[];
  readonly left: readonly Left[];
  readonly warnings: readonly string[];
}

/** The read-out of a chain that has none: its h_t. */
export function bare(size: number, at: ReadOut["at"] = "every"): ReadOut {
  return { size, at, activation: "linear", dense: null, skip: false, from: [] };
}

export function isRecurrent(layer: ImportedLayer): boolean {
  return layer.cell !== "dense";
}

/** Length of a layer's h_t. */
export function lengthOf(layer: ImportedLayer): number {
  return layer.direction === "both" ? 2 * layer.size : layer.size;
}
