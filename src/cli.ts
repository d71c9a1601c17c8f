/**
 * The engine without an editor, for scripts and continuous integration. JSON on standard output, messages on standard error;
 * exit 0, 1 where a check failed, 2 where the file or the call is bad.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";
import { checkProblem } from "./check";
import type { Diagnosis } from "./diagnosis/diagnose";
import { diagnose } from "./diagnosis/diagnose";
import { gradientTolerance } from "./engine/gradientCheck";
import type { Problem, Sequence } from "./engine/model";
import { predict } from "./engine/predict";
import { countTargets } from "./engine/readout";
import { run, startOf } from "./engine/run";
import type { NamedTensors } from "./engine/tensor";
import { traceOf } from "./engine/trace";
import type { EpochResult } from "./engine/train";
import { applyEdits, parameterEdits } from "./format/edit";
import { readInputs } from "./format/inputs";
import type { Reading } from "./format/read";
import { readProblem } from "./format/read";
import { trainFast } from "./kernels";

const usage = `Usage: unroll COMMAND FILE.rnn.json [OPTIONS]

  trace FILE [--sequence N] [--contributions]
      One sequence, forward and back, parameters unchanged: every number of every step.
      --sequence N      which sequence, from 0 (default 0)
      --contributions   adds each step's own share of every parameter's gradient

  train FILE [--epochs N] [--out FILE]
      Trains as the file says and prints one JSON line an epoch.
      --epochs N        instead of the file's number of epochs
      --out FILE        writes the file with the trained parameters in it; interrupted, with those it has

  predict FILE [--sequence N] [--inputs JSON] [--generate N] [--temperature T] [--seed S]
      The outputs of every read-out step and the most probable token of each.
      --sequence N      which sequence, from 0 (default 0)
      --inputs JSON     these inputs instead: an array as "inputs" has it, or a text in quotes
      --generate N      lets a language model go on for N tokens
      --temperature T   divides the logits before a token is drawn; 0 takes the most probable (default 1)
      --seed S          of the drawing (default 0)

  check FILE
      Every expectation of "expect", and every parameter's gradient against central differences. Where known slips explain
      what is wrong, "diagnosis" names them.

  --help                prints this

Exit status: 0; 1 where a check failed or a training run diverged; 2 where the file or the call is bad.
`;

/** A bad call: the usage, and exit 2. */
class UsageError extends Error {}

/** A bad file: lines for standard error, and exit 2. */
class FileError extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;

function parse<O extends Options>(args: string[], options: O) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    const [file, ...more] = positionals;
    if (file === undefined) throw new UsageError("a FILE.rnn.json is missing");
    if (more.length > 0) throw new UsageError(`one file at a time: found ${more.join(" ")} after ${file}`);
    return { values, file };
  } catch (error) {
    // parseArgs says in one sentence what is wrong with the call
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function wholeNumber(option: string, text: string | undefined, otherwise: number, least = 0): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${option} is ${text}, expected a whole number of at least ${least}`);
  return value;
}

function temperatureOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0) || value === Infinity)
    throw new UsageError(`--temperature is ${text}, expected a number of at least 0`);
  return value;
}

interface GoodReading {
  readonly text: string;
  readonly reading: Reading;
  readonly problem: Problem;
}

/** Reads a file; its warnings go to standard error, and its errors end the run. */
function read(file: string): GoodReading {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new FileError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const reading = readProblem(text, {
    fileName: path.basename(file),
    readData: (relativePath) => readFileSync(path.resolve(path.dirname(file), relativePath), "utf8"),
  });
  const line = lineFinder(text);
  const messages = reading.diagnostics.map(({ offset, message, severity }) => {
    const at = line(offset);
    return `${file}:${at.line}:${at.column}: ${severity === "warning" ? "warning: " : ""}${message}`;
  });
  if (!reading.problem) throw new FileError(messages.join("\n"));
  for (const message of messages) process.stderr.write(`${message}\n`);
  return { text, reading, problem: reading.problem };
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

function sequenceIn(file: string, problem: Problem, index: number): Sequence {
  const sequence = problem.sequences[index];
  if (sequence) return sequence;
  const count = problem.sequences.length;
  throw new FileError(
    `${file}: there is no sequence ${index}: ${count === 0 ? "the file has none" : `the file has ${count}, counted from 0`}`,
  );
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** What `JSON.stringify` writes, in a third of the time: a short epoch takes no longer than that. */
function epochLine({ epoch, loss, gradientNorm }: EpochResult, seconds: number): string {
  const number = (value: number) => (Number.isFinite(value) ? value : "null");
  return `{"epoch":${epoch},"loss":${number(loss)},"gradientNorm":${number(gradientNorm)},"seconds":${seconds}}\n`;
}

function traceCommand(args: string[]): number {
  const { values, file } = parse(args, { sequence: { type: "string" }, contributions: { type: "boolean" } });
  const index = wholeNumber("sequence", values.sequence, 0);
  const { reading, problem } = read(file);
  sequenceIn(file, problem, index);
  const item = reading.items[index]!;
  print(traceOf(run(problem.model, problem.sequences, index), index, item, values.contributions === true));
  return 0;
}

async function trainCommand(args: string[]): Promise<number> {
  const { values, file } = parse(args, { epochs: { type: "string" }, out: { type: "string" } });
  const { text, problem } = read(file);
  const epochs = wholeNumber("epochs", values.epochs, problem.training.epochs);
  if (problem.sequences.length === 0)
    throw new FileError(`${file}: there is nothing to train on: the file has no sequences`);
  if (!problem.sequences.some((sequence) => countTargets(sequence) > 0))
    throw new FileError(`${file}: there is nothing to train on: no sequence has a target`);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const training = trainFast({ ...problem, training: { ...problem.training, epochs } }, __dirname);
  let epochStart = performance.now();
  let lastPause = epochStart;
  // Short epochs are written many at once: each writing costs more than some of them.
  let lines = "";
  for (let next = training.next(); ; next = training.next(interrupted)) {
    if (next.done) {
      process.stdout.write(lines);
      if (values.out !== undefined) write(values.out, text, next.value.parameters);
      if (next.value.kind === "stopped") process.stderr.write("interrupted\n");
      if (next.value.kind !== "diverged") return 0;
      const { epoch, sequence, t, tensor } = next.value;
      process.stderr.write(
        `the loss is no longer finite: epoch ${epoch}, sequence ${sequence}, step t = ${t}: ${tensor} is the first that is not\n`,
      );
      return 1;
    }
    const now = performance.now();
    if (next.value.result) {
      lines += epochLine(next.value.result, Math.round((now - epochStart) * 1000) / 1e6);
      epochStart = now;
    }
    if (now - lastPause < 50) continue;
    process.stdout.write(lines);
    lines = "";
    // A signal is heard only between two turns of the event loop.
    await setImmediate();
    lastPause = performance.now();
  }
}

/** Writes the text with the trained parameters in it, whole or not at all. */
function write(out: string, text: string, parameters: NamedTensors): void {
  const unfinished = `${out}.unfinished`;
  try {
    writeFileSync(unfinished, applyEdits(text, parameterEdits(text, parameters)));
    renameSync(unfinished, out);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new FileError(`${out}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function predictCommand(args: string[]): number {
  const { values, file } = parse(args, {
    sequence: { type: "string" },
    inputs: { type: "string" },
    generate: { type: "string" },
    temperature: { type: "string" },
    seed: { type: "string" },
  });
  const index = wholeNumber("sequence", values.sequence, 0);
  const generation = {
    count: wholeNumber("generate", values.generate, 0),
    temperature: temperatureOf(values.temperature),
    seed: wholeNumber("seed", values.seed, 0),
  };
  if (values.inputs !== undefined && values.sequence !== undefined)
    throw new UsageError("--sequence and --inputs exclude each other");
  const { problem } = read(file);
  let sequence: Sequence;
  let start: ReturnType<typeof startOf> | undefined;
  if (values.inputs === undefined) {
    sequence = sequenceIn(file, problem, index);
    start = startOf(problem.model, problem.sequences, index);
  } else {
    const inputs = readInputs(values.inputs, problem.model);
    if (!inputs.ok) throw new FileError(inputs.errors.map((message) => `--inputs: ${message}`).join("\n"));
    sequence = inputs.sequence;
  }
  try {
    const { outputs, tokens, generated } = predict(
      problem.model,
      sequence,
      start,
      generation.count > 0 ? generation : null,
    );
    print({ outputs, tokens, ...(generation.count > 0 && { generated }) });
  } catch (error) {
    throw new FileError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return 0;
}

/** Slips that, made together, explain so many of the wrong expectations. */
function printedDiagnosis({ slips, explained, wrong }: Diagnosis) {
  return { slips, explained: explained.length, wrong };
}

function checkCommand(args: string[]): number {
  const { file } = parse(args, {});
  const { reading, problem } = read(file);
  const { comparisons, expectations, gradientCheck } = checkProblem(problem, reading.expect);
  const { worst, parameter } = gradientCheck;
  const diagnosis = diagnose(problem, reading.expect?.tolerance ?? 0, comparisons).map(printedDiagnosis);
  print({ expectations, gradientCheck: { worst, parameter }, ...(diagnosis.length > 0 && { diagnosis }) });
  return expectations.failed.length > 0 || (worst ?? 0) > gradientTolerance ? 1 : 0;
}

const commands: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = {
  trace: traceCommand,
  train: trainCommand,
  predict: predictCommand,
  check: checkCommand,
};

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    if (name === undefined) throw new UsageError("a command is missing");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`there is no command ${name}`);
    return await command(rest);
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}`);
    else if (error instanceof FileError) process.stderr.write(`${error.message}\n`);
    else throw error;
    return 2;
  }
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));
void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
