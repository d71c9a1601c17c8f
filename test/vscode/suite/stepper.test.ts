import { strict as assert } from "node:assert";
import { parse } from "jsonc-parser";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import type { Session } from "../../../src/host/session/session";
import { worked } from "../../host/editor/worked";
import { eventually, folder, openModel } from "./documents";

let sessions: Api["sessions"];

const open = (text: string) => openModel("stepper", text);

const rnn = (command: string, ...args: unknown[]) => vscode.commands.executeCommand(`rnn.${command}`, ...args);

function sessionOf(document: vscode.TextDocument): Session {
  const session = sessions.of(document);
  assert.ok(session);
  return session;
}

/** Where a run stands: `backward 3`. */
function placeOf(document: vscode.TextDocument): string {
  const { stepper } = sessionOf(document);
  return stepper ? `${stepper.phase} ${stepper.t}` : "no run";
}

function panelTabs(document: vscode.TextDocument): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputCustom &&
        input.viewType === "rnn.stepper" &&
        input.uri.toString() === document.uri.toString(),
    );
}

async function replace(document: vscode.TextDocument, old: string, text: string): Promise<void> {
  const offset = document.getText().indexOf(old);
  assert.ok(offset >= 0, `the text has no ${old}`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(offset), document.positionAt(offset + old.length)),
    text,
  );
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** A key with its parts in one order: `alt+f11+shift`. */
function inOrder(key: string): string {
  return key.toLowerCase().split("+").toSorted().join("+");
}

describe("The stepper", () => {
  before(async () => {
    ({ sessions } = await vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate());
  });
  afterEach(async () => {
    await vscode.workspace.saveAll(false);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("opens beside the text with the first step, and leaves the focus in the text", async () => {
    const document = await open(worked);
    await rnn("step");
    assert.equal(placeOf(document), "forward 1");
    const [panel, ...others] = panelTabs(document);
    assert.ok(panel);
    assert.equal(others.length, 0);
    assert.equal(panel.group.viewColumn, vscode.ViewColumn.Two);
    assert.equal(vscode.window.activeTextEditor?.document, document);
  });

  it("opens one panel a file, however often it is asked", async () => {
    const document = await open(worked);
    for (let k = 0; k < 3; k++) await rnn("openStepper");
    await rnn("openStepper", document.uri);
    assert.equal(panelTabs(document).length, 1);
    assert.equal(placeOf(document), "start 0");
  });

  it("steps forward over t = 1…4, back over t = 4…1 and to the update: nine steps", async () => {
    const document = await open(worked);
    const places: string[] = [];
    for (let k = 0; k < 9; k++) {
      await rnn("step");
      places.push(placeOf(document));
    }
    assert.deepEqual(places, [
      ...[1, 2, 3, 4].map((t) => `forward ${t}`),
      ...[4, 3, 2, 1].map((t) => `backward ${t}`),
      "update 0",
    ]);
  });

  it("comes to the very same numbers when it steps back as when it came there", async () => {
    const document = await open(worked);
    for (let k = 0; k < 6; k++) await rnn("step");
    const sum = () => [...sessionOf(document).stepper!.gradientSoFar("layers.0.Whh")!.data];
    const before = sum();
    assert.equal(before[0]?.toFixed(4), "0.1221");
    await rnn("runToEnd");
    assert.equal(placeOf(document), "update 0");
    for (let k = 0; k < 3; k++) await rnn("stepBack");
    assert.equal(placeOf(document), "backward 3");
    assert.deepEqual(sum(), before);
  });

  it("keeps its run where a change of the text changes nothing that it is computed from, and makes another where it does", async () => {
    const document = await open(worked);
    await rnn("step");
    const session = sessionOf(document);
    const { run } = session.stepper!;
    await replace(document, '"learningRate": 0.1', '"learningRate": 0.2');
    await eventually(() => session.stepper?.problem.training.optimizer.learningRate === 0.2, "the new rate");
    assert.equal(session.stepper!.run, run);
    assert.equal(placeOf(document), "forward 1");
    // 0.2 − 0.2 · dL/dWhh
    assert.equal(session.stepper!.updatedParameters()["layers.0.Whh"]?.data[0]?.toFixed(10), "0.1095810978");
    await replace(document, '"Whh": [[0.2]]', '"Whh": [[0.3]]');
    await eventually(() => session.stepper !== null && session.stepper.run !== run, "another run");
    assert.equal(
      session.stepper!.run.at(2).passes[0]?.[0]?.values["a"]?.[0]?.toFixed(10),
      (-0.3 + 0.3 * Math.tanh(0.5)).toFixed(10),
    );
  });

  it("goes one operation on and back, and out to the end of the step", async () => {
    const document = await open(worked);
    await rnn("step");
    const position = () => sessionOf(document).stepper!.position;
    const atEndOfStep = position();
    await rnn("stepInto");
    assert.equal(placeOf(document), "forward 2");
    assert.equal(position(), atEndOfStep + 1);
    await rnn("stepOut");
    assert.equal(placeOf(document), "forward 2");
    await rnn("stepBack");
    await rnn("stepIntoBack");
    assert.equal(position(), atEndOfStep - 1);
    await rnn("restart");
    assert.equal(position(), 0);
  });

  it("plays to the end by itself, and stops there", async () => {
    const document = await open(worked);
    await rnn("openStepper");
    const session = sessionOf(document);
    await session.start();
    session.setSpeed(60);
    await rnn("togglePlay");
    assert.equal(session.playing, true);
    await eventually(() => placeOf(document) === "update 0", "it did not come to the update");
    await eventually(() => !session.playing, "it plays on");
  });

  it("stays at its step while the text changes, with the new numbers", async () => {
    const document = await open(worked);
    for (let k = 0; k < 3; k++) await rnn("step");
    const before = sessionOf(document).stepper!.run.at(3).passes[0]![0]!.values["h"]![0];
    await replace(document, '"Whh": [[0.2]]', '"Whh": [[0.3]]');
    await eventually(
      () => sessionOf(document).stepper!.run.at(3).passes[0]![0]!.values["h"]![0] !== before,
      "no new run",
    );
    assert.equal(placeOf(document), "forward 3");
    // h_1 = tanh 0.5; h_2 = tanh(−0.3 + 0.3 h_1); h_3 = tanh(0.8 + 0.3 h_2)
    const h_3 = Math.tanh(0.8 + 0.3 * Math.tanh(-0.3 + 0.3 * Math.tanh(0.5)));
    const found = sessionOf(document).stepper!.run.at(3).passes[0]![0]!.values["h"]![0]!;
    assert.ok(Math.abs(found - h_3) < 1e-12, `${found}, expected ${h_3}`);
  });

  it("keeps the last good run while the text has errors, and its place after", async () => {
    const document = await open(worked);
    for (let k = 0; k < 3; k++) await rnn("step");
    const good = sessionOf(document).stepper;
    await replace(document, '"Whh": [[0.2]]', '"Whh": [[0.2, 1]]');
    await eventually(() => sessionOf(document).state.kind === "invalid", "no error was found");
    assert.equal(sessionOf(document).stepper, good);
    await replace(document, '"Whh": [[0.2, 1]]', '"Whh": [[0.2]]');
    await eventually(() => sessionOf(document).state.kind === "ready", "it did not run again");
    assert.equal(placeOf(document), "forward 3");
  });

  it("steps through the sequence that a lens names", async () => {
    const document = await open(
      JSON.stringify({
        version: 1,
        vocabulary: ["a", "b"],
        layers: [{ cell: "rnn", size: 1 }],
        output: { size: 2 },
        loss: { type: "cross-entropy" },
        sequences: [
          { inputs: ["a", "b"], targets: "next" },
          { inputs: ["b"], targets: ["a"] },
        ],
      }),
    );
    await rnn("step", document.uri, 1);
    assert.equal(sessionOf(document).sequenceIndex, 1);
    assert.equal(sessionOf(document).stepper?.run.length, 1);
    assert.equal(placeOf(document), "forward 1");
  });

  it("shows the text from the panel, and the panel and the text share one document", async () => {
    const document = await open(worked);
    await rnn("openStepper");
    await vscode.commands.executeCommand("workbench.action.focusSecondEditorGroup");
    await eventually(() => vscode.window.activeTextEditor === undefined, "the panel has no focus");
    assert.equal(sessions.active, sessionOf(document));
    assert.equal(sessions.focused, sessionOf(document));
    await rnn("showText");
    assert.equal(vscode.window.activeTextEditor?.document, document);
  });

  it("loses the focus to another file, but stays the active one", async () => {
    const document = await open(worked);
    await rnn("step");
    const notes = vscode.Uri.joinPath(folder(), "notes.md");
    await vscode.workspace.fs.writeFile(notes, new TextEncoder().encode("# Notes"));
    await vscode.window.showTextDocument(notes);
    await eventually(() => sessions.focused === null, "the focus stayed");
    assert.equal(sessions.active, sessionOf(document));
  });

  it("has every command of the palette", async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    const { contributes } = vscode.extensions.getExtension("unroll.unroll-rnn")!.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).filter((command) => !known.has(command)),
      [],
    );
  });

  it("has a key for every command that steps", () => {
    const { contributes } = vscode.extensions.getExtension("unroll.unroll-rnn")!.packageJSON as {
      contributes: { keybindings: { command: string; when: string }[] };
    };
    const steps = "step stepBack stepInto stepIntoBack stepOut runToEnd runToStart togglePlay goToStep restart";
    assert.deepEqual(
      contributes.keybindings.map(({ command }) => command).toSorted(),
      steps
        .split(" ")
        .map((name) => `rnn.${name}`)
        .toSorted(),
    );
    for (const { when } of contributes.keybindings) assert.match(when, /rnn/);
  });

  it("takes no key that VS Code or a part of it uses", async () => {
    const { contributes } = vscode.extensions.getExtension("unroll.unroll-rnn")!.packageJSON as {
      contributes: { keybindings: { command: string; key: string; mac?: string }[] };
    };
    const defaults = await vscode.workspace.openTextDocument(
      vscode.Uri.parse("vscode://defaultsettings/keybindings.json"),
    );
    const bindings = parse(defaults.getText()) as { key: string; command: string }[];
    assert.ok(bindings.length > 500, `only ${bindings.length} default keys`);
    const ours = new Set(contributes.keybindings.map(({ key }) => inOrder(key)));
    const others = bindings.filter(({ key, command }) => ours.has(inOrder(key)) && !command.startsWith("rnn."));
    assert.deepEqual(others, []);
  });
});
