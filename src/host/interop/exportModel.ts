import * as path from "node:path";
import * as vscode from "vscode";
import { pytorchProject } from "../../export/project";
import { ExportError } from "../../format/exported";
import { type FileTarget, fileTargets } from "../../interop/targets";
import { log } from "../failure";
import { say } from "../say";
import type { Session } from "../session/session";
import { problemOf } from "../training/user";

interface Choice {
  readonly label: string;
  readonly detail: string;
  /** How the name of what is written ends: `.onnx` */
  readonly ending: string;
}

type Target = FileTarget | "pytorch";

const choices: Readonly<Record<Target, Choice>> = {
  pytorch: {
    label: "PyTorch",
    detail: "A folder: the model, a training for one machine or many, its data, and the way back",
    ending: "-pytorch",
  },
  onnx: { label: "ONNX", detail: "For onnxruntime and whatever else reads it; single precision", ending: ".onnx" },
  keras: { label: "Keras", detail: "Keras 3's .keras; single precision", ending: ".keras" },
  tfjs: {
    label: "TensorFlow.js",
    detail: "model.json, and its weights beside it; single precision",
    ending: ".tfjs.json",
  },
  c: { label: "C", detail: "One file of C99 without allocation, with test vectors", ending: ".c" },
  rtneural: { label: "RTNeural", detail: "JSON for audio plug-ins", ending: ".rtneural.json" },
  nam: { label: "Neural Amp Modeler", detail: ".nam of the architecture LSTM", ending: ".nam" },
  safetensors: {
    label: "safetensors",
    detail: "The parameters alone, by their names in the trace",
    ending: ".safetensors",
  },
  npz: { label: "NumPy", detail: "The parameters alone, by their names in the trace", ending: ".npz" },
};

const isTarget = (value: unknown): value is Target => typeof value === "string" && Object.hasOwn(choices, value);

/**
 * Writes the model for other software, beside its file or where somebody says.
 * @param target where it is given, nothing is asked, and what is written goes beside the model's file
 * @returns what was written; null where somebody gave up, or the target cannot say the model
 */
export async function exportModel(session: Session, target: unknown): Promise<vscode.Uri | null> {
  const problem = await problemOf(session, "exporting");
  if (!problem) return null;
  const chosen = isTarget(target) ? target : await pick();
  if (!chosen) return null;
  const model = session.document.uri;
  const name = `${path.posix.basename(model.path).replace(/(\.rnn)?\.json$/, "")}${choices[chosen].ending}`;
  const proposed = vscode.Uri.joinPath(homeOf(model), name);
  try {
    // Whether it can be said at all comes before any question of where.
    const written = chosen === "pytorch" ? pytorchProject(problem) : fileTargets[chosen](problem, name);
    const to = isTarget(target) ? proposed : await place(proposed, chosen);
    if (!to) return null;
    const { files } = chosen === "pytorch" ? written : fileTargets[chosen](problem, path.posix.basename(to.path));
    const folder = chosen === "pytorch" ? to : vscode.Uri.joinPath(to, "..");
    for (const { name: file, content } of files) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await vscode.workspace.fs.writeFile(file === "" ? to : vscode.Uri.joinPath(folder, file), bytes);
    }
    tell(to, written.warnings);
    return to;
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    void say.error(`${problem.name}: ${error.message}`);
    return null;
  }
}

async function pick(): Promise<Target | null> {
  const items = Object.entries(choices).map(([target, { label, detail }]) => ({ label, detail, target }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Export Model",
    placeHolder: "Which software is to read it?",
    matchOnDetail: true,
  });
  return picked && isTarget(picked.target) ? picked.target : null;
}

/** The folder of the model's file, or, where that is not on disk yet, the one that is open. */
function homeOf(model: vscode.Uri): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return model.scheme === "untitled" && folder && !path.posix.isAbsolute(model.path)
    ? folder
    : vscode.Uri.joinPath(model, "..").with({ scheme: model.scheme === "untitled" ? "file" : model.scheme });
}

async function place(proposed: vscode.Uri, target: Target): Promise<vscode.Uri | undefined> {
  if (target !== "pytorch")
    return vscode.window.showSaveDialog({
      title: "Export Model",
      defaultUri: proposed,
      filters: { [choices[target].label]: [path.posix.extname(proposed.path).slice(1)] },
    });
  const [parent] =
    (await vscode.window.showOpenDialog({
      title: `A Folder for ${path.posix.basename(proposed.path)}`,
      openLabel: "Export into",
      defaultUri: vscode.Uri.joinPath(proposed, ".."),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return parent && vscode.Uri.joinPath(parent, path.posix.basename(proposed.path));
}

function tell(to: vscode.Uri, warnings: readonly string[]): void {
  for (const warning of warnings) log.info(`${path.posix.basename(to.path)}: ${warning}`);
  const more =
    warnings.length > 0
      ? ` ${warnings.map((warning) => `${warning[0]!.toUpperCase()}${warning.slice(1)}.`).join(" ")}`
      : "";
  const show = "Show in Explorer";
  void say
    .information(`${path.posix.basename(to.path)} is written.${more}`, show)
    .then((choice) => (choice === show ? vscode.commands.executeCommand("revealInExplorer", to) : undefined));
}
