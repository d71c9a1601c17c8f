/**
 * A worksheet: the unrolled network with gaps, what the model is, and tables with a numbered gap for each number that somebody has
 * chosen to ask for; the answer key stands on a page of its own.
 */

import type { NumberReference } from "../explain/reference";
import { latexOf, type NumberSymbol } from "../explain/symbol";
import { shortText } from "../explain/text";
import { latexNumber } from "../explain/write";
import type { Answer, Block, Document, Equation, Inline, NetworkLayer } from "./document";
import { mostOfName, type Source, WorkedExample, type WorkedExampleOptions } from "./workedExample";

/** What can be asked for. */
export const quantityKinds = {
  states: { label: "States", detail: "pre-activations, gates and states of the layers" },
  outputs: { label: "Outputs", detail: "logits and outputs" },
  losses: { label: "Losses", detail: "of each step, and their sum" },
  gradients: { label: "Gradients of the states", detail: "back through time, and of the logits" },
  shares: { label: "Shares", detail: "what each step adds to the parameters' gradients" },
  sums: { label: "Gradients of the parameters", detail: "the sums of the shares" },
  update: { label: "Update", detail: "the parameters after one update" },
} as const;

export type QuantityKind = keyof typeof quantityKinds;

/** Everything but the shares, which are many. */
export const usualQuantities: readonly QuantityKind[] = ["states", "outputs", "losses", "gradients", "sums", "update"];

export interface WorksheetOptions extends WorkedExampleOptions {
  readonly quantities?: readonly QuantityKind[] | null;
}

const kinds: Readonly<Partial<Record<NumberReference["kind"], QuantityKind>>> = {
  value: "states",
  logit: "outputs",
  output: "outputs",
  loss: "losses",
  totalLoss: "losses",
  dLogit: "gradients",
  gradient: "gradients",
  above: "gradients",
  next: "gradients",
  share: "shares",
  parameterGradient: "sums",
  gradientNorm: "sums",
  update: "update",
};

/** So many steps have room beside each other. */
const mostColumns = 5;
/** So many units have a gap each in the picture of the network. */
const mostGaps = 4;

interface Collected {
  readonly equations: readonly Equation[];
  readonly references: readonly NumberReference[];
}

/** The whole document. @throws RangeError where the run is not one of the problem's model */
export function worksheet(source: Source, options: WorksheetOptions): Document {
  return new Worksheet(source, options).document();
}

class Worksheet extends WorkedExample {
  private readonly quantities: ReadonlySet<QuantityKind>;
  private readonly answers: Answer[] = [];
  private collected: NumberReference[] = [];
  private isCollecting = false;

  constructor(source: Source, options: WorksheetOptions) {
    super(source, options);
    this.quantities = new Set(options.quantities ?? usualQuantities);
  }

  override document(): Document {
    const { run, problem } = this.source;
    this.say(
      "Work out each number and write it into its gap, with ",
      `${this.options.digits} significant digits; the key stands on a page of its own at the end.`,
    );
    this.network();
    this.together(() => this.equations());
    this.inputs();
    this.together(() => this.parameters());

    this.table(
      "Forward pass",
      this.collect(() => {
        this.forward();
        if (run.loss !== null) this.loss();
      }),
    );
    if (run.loss !== null) {
      const back = this.collect(() => this.backward());
      this.table("Backward pass", back);
      this.parameterTable(
        this.collect(() => {
          this.gradients();
          this.update();
        }),
      );
    }
    this.blocks.push(
      { kind: "pageBreak" },
      { kind: "heading", level: 2, text: ["Answer key"] },
      { kind: "answers", answers: this.answers },
    );
    return { title: `${shortText(problem.name, mostOfName)}: worksheet`, blocks: this.blocks };
  }

  /** What a part of the worked example derives, and its equations, without its words. */
  private collect(part: () => void): Collected {
    const { blocks } = this;
    [this.blocks, this.collected, this.isCollecting] = [[], [], true];
    part();
    const equations = this.blocks.flatMap((block) => (block.kind === "equation" ? [block.equation] : []));
    [this.blocks, this.isCollecting] = [blocks, false];
    return { equations, references: this.collected.filter(({ kind }) => this.quantities.has(kinds[kind] ?? "states")) };
  }

  /** A matrix of what is asked for would be the answer. */
  protected override matrixOf(...matrix: Parameters<WorkedExample["matrixOf"]>): void {
    if (!this.isCollecting) super.matrixOf(...matrix);
  }

  protected override derive(references: readonly NumberReference[]): void {
    this.collected.push(...references);
  }

  /** Formulas that follow each other stand side by side. */
  private together(part: () => void): void {
    const { blocks } = this;
    this.blocks = [];
    part();
    const written: Block[] = [];
    for (const block of this.blocks) {
      const last = written.at(-1);
      if (block.kind !== "equation") written.push(block);
      else if (last?.kind === "equations")
        written[written.length - 1] = { kind: "equations", equations: [...last.equations, block.equation] };
      else written.push({ kind: "equations", equations: [block.equation] });
    }
    this.blocks = [...blocks, ...written];
  }

  private network(): void {
    const { run } = this.source;
    const layers = run.model.layers.flatMap(({ passes, size }, l): NetworkLayer[] =>
      passes.map(({ prefix, direction }) => ({
        direction,
        cells: this.steps.map((t) =>
          Array.from({ length: size > mostGaps ? 1 : size }, (_, i) => {
            const symbol = this.derivations.symbol({ kind: "value", name: `${prefix}.h`, t, i });
            return latexOf(size > mostGaps ? { ...symbol, indices: [] } : symbol);
          }),
        ),
        title: run.model.layers.length > 1 ? `layer ${l + 1}` : "",
      })),
    );
    this.blocks.push({
      kind: "network",
      steps: this.steps.map((t) => {
        const hasTarget = this.values.target(t) !== null;
        return {
          t,
          input: this.tokenOrVector(t),
          target: hasTarget ? this.target(t) : null,
          loss: hasTarget ? latexOf(this.derivations.symbol({ kind: "loss", t })) : null,
        };
      }),
      layers,
    });
    if (this.steps.length < run.length) this.say(`Of ${run.length} steps these are written: ${this.steps.join(", ")}.`);
  }

  /** What a token is as a vector. */
  private inputs(): void {
    const { model } = this.source.run;
    if (!model.vocabulary || model.embedding) return;
    const [first] = model.vocabulary;
    this.say(
      "A token is the vector with a 1 in its own place, and the product of a matrix with it is the matrix's column of that token. The tokens in their order: ",
      ...model.vocabulary
        .slice(0, 12)
        .flatMap((word, k): Inline[] => (k === 0 ? [{ code: word }] : [", ", { code: word }])),
      first !== undefined && model.vocabulary.length > 12 ? ` and ${model.vocabulary.length - 12} more.` : ".",
    );
  }

  private gap(reference: NumberReference, symbol: NumberSymbol): Inline {
    const { expression, value } = this.derivations.derive(reference);
    // What no equation leads to, nobody can work out
    if (!expression) return { math: latexNumber(value, this.options.digits) };
    this.answers.push({ symbol: latexOf(symbol), value: latexNumber(value, this.options.digits) });
    return { math: gapLatex(this.answers.length) };
  }

  /** Numbers of steps: a row a quantity, a column a step; then those of the whole sequence. */
  private table(title: string, { equations, references }: Collected): void {
    if (references.length === 0) return;
    this.heading(2, title);
    if (equations.length > 0) this.blocks.push({ kind: "equations", equations });
    const timed = references.filter((reference) => "t" in reference);
    for (let first = 0; first < this.steps.length; first += mostColumns) {
      const steps = this.steps.slice(first, first + mostColumns);
      const rows = new Map<string, Map<number, NumberReference>>();
      for (const reference of timed)
        if ("t" in reference && steps.includes(reference.t)) {
          const label = latexOf(general(this.derivations.symbol(reference), reference));
          const row = rows.get(label) ?? new Map<number, NumberReference>();
          rows.set(label, row.set(reference.t, reference));
        }
      if (rows.size === 0) continue;
      this.blocks.push({
        kind: "table",
        head: [[], ...steps.map((t): Inline[] => [{ math: `t = ${t}` }])],
        rows: [...rows].map(([label, byStep]) => [
          [{ math: label }],
          ...steps.map((t): Inline[] => {
            const reference = byStep.get(t);
            return reference === undefined ? [] : [this.gap(reference, this.derivations.symbol(reference))];
          }),
        ]),
      });
    }
    this.single(references.filter((reference) => !("t" in reference)));
  }

  private single(references: readonly NumberReference[]): void {
    const items = references.map((reference): Inline[] => {
      const symbol = this.derivations.symbol(reference);
      return [{ math: latexOf(symbol) }, " = ", this.gap(reference, symbol)];
    });
    if (items.length > 0) this.blocks.push({ kind: "list", items });
  }

  /** Numbers of parameters: a row an entry, a column what is asked of it. */
  private parameterTable({ equations, references }: Collected): void {
    if (references.length === 0) return;
    this.heading(2, this.quantities.has("update") ? "Gradients and update" : "Gradients");
    if (this.quantities.has("update")) this.blocks.push({ kind: "equations", equations });
    this.single(references.filter((reference) => !("i" in reference)));
    const columns = new Map<string, string>();
    const rows = new Map<string, Map<string, NumberReference>>();
    for (const reference of references) {
      if (reference.kind !== "parameterGradient" && reference.kind !== "update") continue;
      const { name, i, j } = reference;
      const column = reference.kind === "update" ? reference.quantity : "gradient";
      columns.set(
        column,
        columns.get(column) ??
          latexOf({ ...this.derivations.symbol(reference), base: "p", above: [], arrow: "", indices: [] }),
      );
      const entry = latexOf(this.derivations.symbol({ kind: "parameter", name, i, j }));
      const row = rows.get(entry) ?? new Map<string, NumberReference>();
      rows.set(entry, row.set(column, reference));
    }
    if (rows.size === 0) return;
    this.blocks.push({
      kind: "table",
      head: [[{ math: "p" }], ...[...columns.values()].map((math): Inline[] => [{ math }])],
      rows: [...rows].map(([entry, byColumn]) => [
        [{ math: entry }],
        ...[...columns.keys()].map((column): Inline[] => {
          const reference = byColumn.get(column);
          return reference === undefined ? [] : [this.gap(reference, this.derivations.symbol(reference))];
        }),
      ]),
    });
  }
}

/** The symbol of a number with the letter t for its step: `h_t`, what comes from t + 1. */
function general(symbol: NumberSymbol, reference: NumberReference & { readonly t: number }): NumberSymbol {
  const other = /^t=(\d+)$/.exec(symbol.part ?? "");
  const ahead = Number(other?.[1]) - reference.t;
  const part = other ? (ahead === 0 ? "t" : ahead > 0 ? "t+1" : "t-1") : symbol.part;
  return { ...symbol, time: symbol.time === String(reference.t) ? "t" : symbol.time, part };
}

/** A ruled gap with its number. */
const gapLatex = (n: number) => `\\rule{0pt}{1.3em}\\rule{6em}{0.4pt}\\;(${n})`;
