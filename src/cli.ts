/**
 * The engine without an editor, for scripts and continuous integration. JSON on standard output, messages on standard error;
 * exit 0, 1 where a check failed, 2 where the file or the call is bad.
 */
import { FileError, UsageError } from "./cli/call";
import { checkCommand } from "./cli/check";
import { compareCommand } from "./cli/compare";
import { evaluateCommand } from "./cli/evaluate";
import { exportCommand } from "./cli/export";
import { importCommand } from "./cli/import";
import { Output, OutputClosed, OutputError } from "./cli/output";
import { predictCommand } from "./cli/predict";
import { streamsCommand } from "./cli/streams";
import { tell } from "./cli/terminal";
import { traceCommand } from "./cli/trace";
import { trainCommand } from "./cli/train";
import { usage } from "./cli/usage";

const commands: Readonly<Record<string, (args: string[], output: Output) => Promise<number>>> = {
  trace: traceCommand,
  train: trainCommand,
  evaluate: evaluateCommand,
  predict: predictCommand,
  check: checkCommand,
  import: importCommand,
  export: exportCommand,
  compare: compareCommand,
  streams: streamsCommand,
};

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  const output = new Output();
  try {
    if (args.includes("--help") || args.includes("-h")) {
      await output.write(usage);
      await output.flush();
      return 0;
    }
    if (name === undefined) throw new UsageError("a command is missing");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`there is no command ${name}`);
    const exitCode = await command(rest, output);
    await output.flush();
    return exitCode;
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof UsageError) tell(`${error.message}\n\n${usage.trimEnd()}`);
    else if (error instanceof FileError || error instanceof OutputError) tell(error.message);
    else throw error;
    return 2;
  }
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
