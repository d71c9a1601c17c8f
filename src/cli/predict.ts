import type { Model, Problem, Sequence } from "../engine/model";
import type { NetworkState } from "../engine/network";
import { initialState } from "../engine/network";
import type { ForwardEnd, Generation, Readout } from "../engine/predict";
import { generate, isClassifier, labelOf, largest, readouts, separatorOf, whyNoGeneration } from "../engine/predict";
import { startOf } from "../engine/run";
import { scaledInputs, unscaledOutput, whyNoForecast } from "../engine/tableScale";
import { readInputs } from "../format/inputs";
import { FileError, parseCall, temperatureOf, UsageError, wholeNumber } from "./call";
import { readFile, sequenceIn } from "./files";
import type { Output } from "./output";

export async function predictCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, {
    sequence: { type: "string" },
    inputs: { type: "string" },
    generate: { type: "string" },
    temperature: { type: "string" },
    seed: { type: "string" },
    stop: { type: "string" },
  });
  const isAll = values.sequence === "all";
  const index = isAll ? 0 : wholeNumber("sequence", values.sequence, 0);
  const generation: Generation = {
    count: wholeNumber("generate", values.generate, 0),
    temperature: temperatureOf(values.temperature),
    seed: wholeNumber("seed", values.seed, 0),
    stop: values.stop,
  };
  if (values.inputs !== undefined && values.sequence !== undefined)
    throw new UsageError("--sequence and --inputs exclude each other");
  if (values.stop !== undefined && generation.count === 0)
    throw new UsageError("--stop ends what --generate generates, and nothing is to be generated");
  const { problem } = readFile(file);
  const isGenerated = values.generate !== undefined;
  const printer = new Printer(problem, isGenerated ? generation : null, output);
  const reason = isGenerated ? (whyNoGeneration(problem.model, generation.stop) ?? whyNoForecast(problem)) : null;
  if (reason !== null) throw new FileError(`${file}: ${reason}`);
  if (values.inputs !== undefined) await printer.print(typedSequence(values.inputs, problem), null, "{");
  else if (isAll) await printAll(problem, printer);
  else await printer.print(sequenceIn(file, problem, index), startOf(problem.model, problem.sequences, index), "{");
  return 0;
}

function typedSequence(typed: string, { model, table }: Problem): Sequence {
  const inputs = readInputs(typed, model);
  if (!inputs.ok) throw new FileError(inputs.errors.map((message) => `--inputs: ${message}`).join("\n"));
  return scaledInputs(inputs.sequence, table);
}

/** A line a sequence. */
async function printAll({ model, sequences }: Problem, printer: Printer): Promise<void> {
  let before: NetworkState | null = null;
  for (const [k, sequence] of sequences.entries()) {
    const start: NetworkState = sequence.carry && before ? before : initialState(model, sequence);
    before = await printer.print(sequence, start, `{"sequence":${k},`);
  }
}

/** Prints what a model makes of sequences, each read-out as it comes. */
class Printer {
  private readonly model: Model;

  constructor(
    private readonly problem: Problem,
    private readonly generation: Generation | null,
    private readonly output: Output,
  ) {
    this.model = problem.model;
  }

  /**
   * @param start  the state to start from; null where it is the sequence's own
   * @param before what its line begins with
   * @returns the state in which the sequence ends
   */
  async print(sequence: Sequence, start: NetworkState | null, before: string): Promise<NetworkState> {
    const { model, generation } = this;
    const reading = readouts(model, sequence, start ?? initialState(model, sequence));
    let last: Readout | null = null;
    let next = reading.next();
    if (generation) {
      for (; !next.done; next = reading.next()) last = next.value;
      await this.output.write(before);
      await this.printGenerated(next.value, last!, generation);
      return next.value.state;
    }
    await this.output.write(`${before}"outputs":[`);
    const classes: number[] = [];
    for (let comma = ""; !next.done; next = reading.next(), comma = ",") {
      await this.output.write(comma + this.textOf(next.value.output));
      if (isClassifier(model)) classes.push(largest(next.value.output));
    }
    await this.output.write('],"tokens":[');
    for (const [n, index] of classes.entries())
      await this.output.write((n > 0 ? "," : "") + JSON.stringify(labelOf(model, index)));
    await this.output.write("]}\n");
    return next.value.state;
  }

  private async printGenerated(end: ForwardEnd, last: Readout, generation: Generation): Promise<void> {
    const { model, output } = this;
    const tokens: string[] = [];
    await output.write(model.vocabulary ? '"tokens":[' : '"outputs":[');
    let comma = "";
    for (const item of generate(model, end, last, generation)) {
      await output.write(comma + ("token" in item ? JSON.stringify(item.token) : this.textOf(item.output)));
      if ("token" in item) tokens.push(item.token);
      comma = ",";
    }
    if (model.vocabulary) {
      await output.write('],"text":"');
      for (const [n, token] of tokens.entries())
        await output.write((n > 0 ? separatorOf(model) : "") + JSON.stringify(token).slice(1, -1));
      await output.write('"}\n');
    } else await output.write("]}\n");
  }

  /** In the numbers that the file has. */
  private textOf(output: Float64Array): string {
    return JSON.stringify(unscaledOutput(output, this.problem));
  }
}
