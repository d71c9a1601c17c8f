import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import type { Api } from "../../../src/extension";
import { worked } from "../../host/editor/worked";
import { answerOf, folder, openModel } from "./documents";

const eventually = <T>(ask: () => T | Promise<T>, isThere: (answer: T) => boolean) => answerOf(ask, isThere, 20_000);
const open = (text: string) => openModel("expectations", text);

async function api(): Promise<Api> {
  return vscode.extensions.getExtension<Api>("unroll.unroll-rnn")!.activate();
}

/** The worked example with these steps expected. */
function expecting(steps: string, tolerance = 1e-6): string {
  return worked.replace(
    '"training"',
    `"expect": {\n    "tolerance": ${tolerance},\n    "sequences": [{ "steps": [\n      ${steps}\n    ] }]\n  },\n  "training"`,
  );
}

const wrongDigit = '{ "a": [0.5], "h": [0.46211715726] }, { "a": [-0.2075846] }';

const findingsOf = (document: vscode.TextDocument) => () =>
  vscode.languages.getDiagnostics(document.uri).filter(({ code }) => code === "expectation");

async function actionsAt(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, range);
}

describe("Expectations in VS Code", () => {
  before(api);
  afterEach(async () => {
    for (const document of vscode.workspace.textDocuments) if (document.isDirty) await document.save();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("that are wrong are warnings at the number, with both values and how far they are apart", async () => {
    const document = await open(expecting(wrongDigit, 1e-8));
    const [finding, ...others] = await eventually(findingsOf(document), (found) => found.length > 0);
    assert.deepEqual(others, []);
    assert.equal(finding!.severity, vscode.DiagnosticSeverity.Warning);
    assert.equal(finding!.source, "RNN");
    assert.equal(document.getText(finding!.range), "-0.2075846");
    assert.equal(
      finding!.message,
      "a_2 is −0.2076 (−0.20757656854799805), expected −0.2075846: off by 8.0e−6, tolerance 1e−8",
    );
    const session = await (await api()).sessions.at(document.uri);
    assert.equal((await session.start()).kind, "ready");
  });

  it("name the slip that explains them", async () => {
    const text = expecting('{ "h": [0.46211715726] }, { "h": [-0.20464571679] }').replace('"bh": [0]', '"bh": [0.3]');
    const document = await open(text);
    const found = await eventually(findingsOf(document), (found) => found.length === 2);
    for (const { message } of found) assert.match(message, /^It is what comes out where the bias bh is left out\. /);
  });

  it("go with the text that they were about, and are found anew in the next", async () => {
    const document = await open(expecting(wrongDigit));
    const [finding] = await eventually(findingsOf(document), (found) => found.length === 1);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, finding!.range, "-0.2075766");
    await vscode.workspace.applyEdit(edit);
    await eventually(findingsOf(document), (found) => found.length === 0);
    await vscode.commands.executeCommand("undo");
    await eventually(findingsOf(document), (found) => found.length === 1);
  });

  it("are taken over, one by one or all at once, by quick fixes", async () => {
    const text = expecting('{ "a": [0.51] }, { "a": [-0.21] }');
    const document = await open(text);
    const [first] = await eventually(findingsOf(document), (found) => found.length === 2);
    const actions = await actionsAt(document, first!.range);
    const one = actions.find(({ title }) => title === "Take over the computed number 0.5");
    const all = actions.find(({ title }) => title === "Take over all 2 computed numbers");
    assert.ok(one?.edit && all?.edit, actions.map(({ title }) => title).join(", "));
    await vscode.workspace.applyEdit(all.edit);
    assert.equal(document.getText(), text.replace("0.51", "0.5").replace("-0.21", "-0.20757656854799805"));
    await eventually(findingsOf(document), (found) => found.length === 0);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), text);
  });

  it("that held before a training say once that the parameters have changed, and nothing more after undo", async () => {
    const held = '{ "a": [0.5], "h": [0.4621171] }, { "a": [-0.2075766] }';
    const document = await open(expecting(`${held}, { "a": [0.99] }`));
    const told = () =>
      vscode.languages
        .getDiagnostics(document.uri)
        .map(({ code, message, range }) => `${code as string} ${document.getText(range)} ${message}`);
    await eventually(told, (found) => found.length === 1);
    const { sessions, training } = await api();
    const session = await sessions.at(document.uri);
    const before = document.getText();
    await training.start(session, 3);
    const [outdated, other, ...more] = await eventually(told, (found) => found.length > 1);
    assert.deepEqual(more, []);
    assert.equal(
      outdated,
      'outdated-expectations "expect" the parameters have changed: 3 expectations that held before the training do not hold with the trained ones',
    );
    assert.match(other!, /^expectation 0\.99 /);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), before);
    await eventually(told, (found) => found.length === 1);
    await vscode.commands.executeCommand("redo");
    await eventually(told, (found) => found.length === 2);
    const key = document.positionAt(document.getText().indexOf('"expect"') + 1);
    const fix = (await actionsAt(document, new vscode.Range(key, key))).find(
      ({ title }) => title === "Take over all 3 numbers of the trained parameters",
    );
    assert.ok(fix?.edit);
    await vscode.workspace.applyEdit(fix.edit);
    await eventually(told, (found) => found.length === 1 && found[0]!.startsWith("expectation 0.99"));
  });

  it("are not marked where rnn.expectations.enabled is off", async () => {
    const settings = () => vscode.workspace.getConfiguration("rnn");
    const document = await open(expecting(wrongDigit));
    await eventually(findingsOf(document), (found) => found.length === 1);
    await settings().update("expectations.enabled", false, vscode.ConfigurationTarget.Global);
    try {
      await eventually(findingsOf(document), (found) => found.length === 0);
    } finally {
      await settings().update("expectations.enabled", undefined, vscode.ConfigurationTarget.Global);
    }
    await eventually(findingsOf(document), (found) => found.length === 1);
  });

  it("are taken down from a run as one edit, which one undo takes back, and hold", async () => {
    const text = worked.replace('"bh": [0],', '"bh": [0], // none\n');
    const document = await open(text);
    const chosen = { kinds: ["h", "losses", "gradients"], digits: 4 };
    assert.equal(await vscode.commands.executeCommand("rnn.takeDownExpectations", document.uri, chosen), true);
    assert.match(document.getText(), /"bh": \[0\], \/\/ none/);
    assert.match(document.getText(), /"tolerance": 0\.0006/);
    assert.match(document.getText(), /"h": \[0\.4621\], "loss": 1\.304/);
    const session = await (await api()).sessions.at(document.uri);
    assert.deepEqual((await session.whenUpToDate())?.diagnostics, []);
    assert.equal(session.reading.expect?.numbers.values.length, 4 + 4 + 4 + 1 + 1 + 4 + 4);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(findingsOf(document)(), []);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), text);
  });

  it("are hidden as one edit, which one undo takes back: then nothing tells the right number", async () => {
    const text = expecting('{ "h": [0.46211715726] }, { "h": [-0.3] }', 1e-4);
    const document = await open(text);
    assert.equal(await vscode.commands.executeCommand("rnn.hideAnswers", document.uri, 4), true);
    assert.doesNotMatch(document.getText(), /0\.4621|-0\.3\b\]? *\}\s*\]/);
    const isHidden = ({ message }: vscode.Diagnostic) => message === "h_2 is not the hidden answer";
    const found = await eventually(findingsOf(document), (all) => all.length === 1 && all.every(isHidden));
    assert.match(document.getText(found[0]!.range), /^"[0-9a-f]{16}"$/);
    assert.deepEqual(
      (await actionsAt(document, found[0]!.range)).filter(({ title }) => /Take over|Show where/.test(title)),
      [],
    );
    assert.equal(await vscode.commands.executeCommand("rnn.showSlip", document.uri), false);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), text);
  });

  it("are copied as a table of numbers, marks and remarks", async () => {
    const document = await open(expecting('{ "a": [0.5], "h": [0.5] }, { "a": [-0.2] }'));
    await eventually(findingsOf(document), (all) => all.length === 2);
    assert.equal(await vscode.commands.executeCommand("rnn.copyMarks", document.uri), true);
    const rows = (await vscode.env.clipboard.readText()).split("\n").map((line) => line.split("\t"));
    const marks = rows.filter((row) => row.length === 6).map(([name, , , , mark]) => [name, mark]);
    assert.deepEqual(marks, [
      ["number", "mark"],
      ["a_1", "right"],
      ["h_1", "wrong"],
      ["a_2", "follows from your own numbers"],
    ]);
    assert.match(rows[0]![1]!, /2 of 3 steps right$/);
  });

  it("that follow are told so, of less weight; where it went wrong is shown by going there", async () => {
    const document = await open(expecting('{ "a": [0.5], "h": [0.4721] }, { "a": [-0.20558] }'));
    const [first, second] = await eventually(findingsOf(document), (all) => all.length === 2);
    assert.equal(first!.severity, vscode.DiagnosticSeverity.Warning);
    assert.equal(second!.severity, vscode.DiagnosticSeverity.Information);
    assert.match(second!.message, /^It follows from your own numbers\. /);
    const titles = (await actionsAt(document, second!.range)).map(({ title }) => title);
    assert.ok(titles.includes("Show where it went wrong"), titles.join());
    assert.equal(await vscode.commands.executeCommand("rnn.showSlip", document.uri), true);
    const { stepper } = await (await api()).sessions.at(document.uri);
    assert.deepEqual([stepper?.phase, stepper?.t], ["forward", 1]);
  });

  it("that a single one explains by a bias come with the hint", async () => {
    const steps = '{ "a": [0.8] }, { "a": [-0.1672] }';
    const document = await open(expecting(steps, 1e-4).replace('"bh": [0]', '"bh": [0.3]'));
    const [finding] = await eventually(findingsOf(document), (all) => all.length > 0);
    assert.match(finding!.message, /^It is off by exactly bh\[0\] = 0\.3: is the bias in\?\. /);
  });

  describe("in the Testing view", () => {
    const tests = async () => (await api()).expectationTests;

    it("are a file with its sequences, steps, loss and gradients", async () => {
      const document = await open(expecting(wrongDigit));
      const { controller } = await tests();
      const file = await eventually(
        () => controller.items.get(document.uri.toString()),
        (item) => item !== undefined,
      );
      const [[, sequence]] = [...file!.children] as [[string, vscode.TestItem]];
      assert.equal(sequence.label, "sequence 1");
      assert.deepEqual(
        [...sequence.children].map(([, item]) => [item.label, document.getText(item.range)]),
        [
          ["step t = 1", '{ "a": [0.5], "h": [0.46211715726] }'],
          ["step t = 2", '{ "a": [-0.2075846] }'],
        ],
      );
    });

    it("are found in files that are not open, and those without any are not there", async () => {
      const { controller } = await tests();
      await controller.resolveHandler!(undefined);
      const names = [...controller.items].map(([, { label }]) => label);
      assert.ok(names.includes("two-words.rnn.json"), names.join(", "));
      assert.ok(!names.includes("hello.rnn.json"), names.join(", "));
      const uri = vscode.Uri.joinPath(folder(), "two-words.rnn.json");
      const file = controller.items.get(uri.toString());
      await controller.resolveHandler!(file);
      assert.deepEqual(
        [...file!.children].flatMap(([, item]) => [...item.children].map(([, { label }]) => label)),
        ["step t = 1", "step t = 2"],
      );
    });

    it("fail at the wrong number, which is said with what was expected and what is computed", async () => {
      const document = await open(expecting(wrongDigit));
      const { controller } = await tests();
      const file = await eventually(
        () => controller.items.get(document.uri.toString()),
        (item) => item !== undefined,
      );
      const results = await (await tests()).compare(file!, new vscode.CancellationTokenSource().token);
      if (typeof results === "string") assert.fail(results);
      const seen = results.map(({ item, messages }) => [
        item.label,
        messages.map(({ expectedOutput, actualOutput, location }) => [
          expectedOutput,
          actualOutput,
          location && document.getText(location.range),
        ]),
      ]);
      assert.deepEqual(seen, [
        ["step t = 1", []],
        ["step t = 2", [["−0.2075846", "−0.20757656854799805", "-0.2075846"]]],
      ]);
    });

    it("pass, fail, and have a third mark where they follow from the author's own numbers", async () => {
      // Of h_1, which is wrong by itself, follows a_2 = −0.3 + 0.2·0.5.
      const document = await open(expecting('{ "a": [0.5], "h": [0.5] }, { "a": [-0.2] }, { "x": [0, 0, 1, 0] }'));
      const { controller, profile } = await tests();
      const file = await eventually(
        () => controller.items.get(document.uri.toString()),
        (item) => item !== undefined,
      );
      const seen: string[] = [];
      const create = controller.createTestRun.bind(controller);
      controller.createTestRun = (...parameters) => {
        const run = create(...parameters);
        for (const what of ["started", "passed", "failed", "errored", "skipped"] as const) {
          const tell = run[what] as (item: vscode.TestItem, ...rest: unknown[]) => void;
          run[what] = (item: vscode.TestItem, ...rest: unknown[]) => {
            seen.push(`${item.label} ${what}`);
            tell.call(run, item, ...rest);
          };
        }
        return run;
      };
      try {
        const token = new vscode.CancellationTokenSource().token;
        await profile.runHandler(new vscode.TestRunRequest([file!]), token);
      } finally {
        controller.createTestRun = create;
      }
      assert.deepEqual(seen, [
        "step t = 1 started",
        "step t = 2 started",
        "step t = 3 started",
        "step t = 1 failed",
        "step t = 2 skipped",
        "step t = 3 passed",
      ]);
      const items = [...file!.children].flatMap(([, sequence]) => [...sequence.children].map(([, item]) => item));
      assert.deepEqual(
        items.map(({ description }) => description),
        ["", "follows from your own numbers", ""],
      );
    });
  });
});
