/** What a new cell takes: one file, and the one line below. */
import assert from "node:assert/strict";
import { Ajv } from "ajv";
import schema from "../../media/rnn.schema.json";
import type { Cell } from "../../src/engine/cell";
import { cells } from "../../src/engine/cells";
import { evaluate } from "../../src/engine/expression";
import { checkGradients } from "../../src/engine/gradientCheck";
import type { Problem } from "../../src/engine/model";
import { parametersOf } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import { traceOf } from "../../src/engine/trace";
import { schemaWithCells } from "../../src/format/cellSchema";
import { applyEdits, parameterEdits } from "../../src/format/edit";
import { editorSchema } from "../../src/format/editorSchema";
import { eachNumber } from "../../src/format/expectedNumbers";
import { printProblem } from "../../src/format/print";
import { readProblem } from "../../src/format/read";
import { surroundingsOf } from "../../src/panel/surroundings";
import { readText } from "../files";
import { cursorOf, viewOf, wholeTrack } from "../present/view";
import { peepholeCell } from "./peepholeCell";

const known: Record<string, Cell> = cells;

/** A model with a layer of the new cell; its parameters are drawn where the layer does not say them. */
function text(layer: string, more = ""): string {
  return `{
  "version": 1,
  "inputSize": 2,
  "layers": [{ "cell": "peephole", "size": 3${layer} }],
  "output": { "size": 1 },
  "loss": { "type": "mse" },
  "initial": { "seed": 7, "forgetBias": 1 },
  "sequences": [{ "inputs": [[1, -0.5], [0.3, 0.8], [-0.2, 0.4]], "targets": [0.5, -1, 0.25]${more} }]
}
`;
}

function messagesOf(text: string): string[] {
  return readProblem(text, { fileName: "case.rnn.json" }).diagnostics.map(({ message }) => message);
}

function finish<T>(generator: Generator<unknown, T, void>): T {
  let next = generator.next();
  while (!next.done) next = generator.next();
  return next.value;
}

const names = ["i", "f", "g", "o"].flatMap((k) => [`Wx${k}`, `Wh${k}`, `b${k}`]).concat("Wci", "Wcf", "Wco");

describe("A fourth cell, a peephole LSTM, in one file and one line", function () {
  this.timeout(60_000);

  before(() => {
    known["peephole"] = peepholeCell;
  });
  after(() => {
    Reflect.deleteProperty(known, "peephole");
  });

  describe("in a file", () => {
    it("is read, its parameters drawn: matrices within xavier's bound, biases 0 but the forget gate's, which is forgetBias", () => {
      const [pass] = readText(text("")).problem.model.layers[0]!.passes;
      assert.deepEqual(Object.keys(pass!.parameters), names);
      for (const [name, { rank, rows, cols, data }] of Object.entries(pass!.parameters)) {
        if (rank === 1) assert.deepEqual([...data], name === "bf" ? [1, 1, 1] : [0, 0, 0], name);
        else {
          assert.deepEqual([rows, cols], [3, name.startsWith("Wx") ? 2 : 3], name);
          const bound = Math.sqrt(6 / (rows + cols));
          assert.ok(
            data.every((v) => v !== 0 && Math.abs(v) <= bound),
            name,
          );
        }
      }
    });

    it("is read with given parameters and states, in its pass and in its reverse, and printed as the same problem", () => {
      const given = '"Wco": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "c0": [0.1, 0.2, 0.3]';
      const { problem } = readText(
        text(`, "activation": "linear", "direction": "both", ${given}, "reverse": { ${given} }`),
      );
      const [layer] = problem.model.layers;
      assert.equal(layer!.options["activation"], "linear");
      for (const pass of layer!.passes) {
        assert.deepEqual([...pass.parameters["Wco"]!.data], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert.deepEqual([...pass.initial["c"]!], [0.1, 0.2, 0.3]);
      }
      const printed = printProblem(problem);
      assert.match(printed, /"cell": "peephole",\s+"size": 3,\s+"activation": "linear"/);
      assert.deepEqual(readText(printed).problem, problem);
    });

    it("takes a sequence's initial states", () => {
      const { initial } = readText(text("", ', "c0": [1, 2, 3]')).problem.sequences[0]!;
      assert.deepEqual([...initial![0]![0]!["c"]!], [1, 2, 3]);
    });

    it("has a misspelt parameter taken for the one that is meant", () => {
      assert.deepEqual(messagesOf(text(', "Wcx": [[1]], "Wcoo": [[1]]')), [
        'unknown key "Wcx"; did you mean "Wci"?',
        'unknown key "Wcoo"; did you mean "Wco"?',
      ]);
    });

    it("refuses the parameters of others, wrong shapes, and choices that another cell has", () => {
      assert.deepEqual(messagesOf(text(', "Wxr": [[1]]')), [
        `Wxr does not belong to a peephole layer, whose own keys are activation, ${names.join(", ")} and c0`,
      ]);
      assert.deepEqual(messagesOf(text(', "Wci": [[1]]')), [
        "Wci is [1 × 1], but the layer has 3 units: expected [3 × 3]",
      ]);
      assert.deepEqual(messagesOf(text(', "activation": "relu"')), [
        'activation is "relu", expected one of "tanh" or "linear"',
      ]);
      const [message] = messagesOf(text("").replace('"peephole"', '"peepole"'));
      assert.match(
        message!,
        /^cell is "peepole", expected one of "rnn", "lstm",.* or "peephole"; did you mean "peephole"\?$/,
      );
    });

    it("has its parameters written into the text, and nothing else changed", () => {
      const before = text(', "bo": [0, 0, 0]');
      const parameters = parametersOf(readText(before).problem.model);
      parameters["layers.0.bo"]!.data.set([0.5, 0, 0]);
      parameters["layers.0.Wcf"]!.data.fill(2);
      const after = applyEdits(before, parameterEdits(before, parameters));
      assert.match(after, /"Wcf": \[\[2, 2, 2\], \[2, 2, 2\], \[2, 2, 2\]\]/);
      assert.match(after, /"bo": \[0\.5, 0, 0\]/);
      assert.deepEqual(parametersOf(readText(after).problem.model), parameters);
    });

    it("is compared with what its author expects of it", () => {
      const { problem } = readText(text(""));
      const { i } = run(problem.model, problem.sequences, 0).at(1).passes[0]![0]!.values;
      const expecting = text("").replace(
        /\n\}\n$/,
        `,\n"expect": { "sequences": [{ "steps": [{ "i": [${[...i!].join(", ")}], "r": [1, 1, 1] }] }] } }`,
      );
      const { diagnostics, expect } = readProblem(expecting, { fileName: "case.rnn.json" });
      assert.deepEqual(
        diagnostics.map(({ message }) => message),
        ["r is no value of this layer: layers[0] is a peephole and has i, f, g, c, o and h"],
      );
      assert.equal(expect, null);
      const good = readText(expecting.replace(', "r": [1, 1, 1]', ""));
      assert.deepEqual(
        [...eachNumber(good.expect!.numbers)].map(({ value, place }) => [value, place.join(".")]),
        [...i!].map((value, k) => [value, `steps.0.layers.0.i.${k}`]),
      );
    });
  });

  describe("in the schema", () => {
    it("has its keys, its states and its words, told once where it shares them with another cell", () => {
      const whole = schemaWithCells(schema) as unknown as typeof schema;
      const { properties, defaultSnippets, allOf } = whole.definitions.layer;
      assert.deepEqual(properties.cell.enum, [...schema.definitions.layer.properties.cell.enum, "peephole"]);
      assert.equal(properties.cell.enumDescriptions.at(-1), peepholeCell.equation);
      assert.match(properties.Wxi.markdownDescription, /^\*\*lstm\*\*, \*\*peephole\*\*, input gate i: weights/);
      assert.match(properties.c0.markdownDescription, /^\*\*lstm\*\*, \*\*peephole\*\*: initial cell state/);
      assert.ok("Wco" in properties && "Wco" in properties.reverse.properties);
      assert.deepEqual(defaultSnippets.at(-1), {
        label: "peephole layer",
        description: peepholeCell.title,
        body: { cell: "peephole", size: "^${1:4}", activation: "${2|tanh,linear|}" },
      });
      assert.deepEqual(allOf.at(-1)!.then.propertyNames.own, ["activation", ...names, "c0"]);
      assert.deepEqual(schemaWithCells(whole), whole);
    });

    it("offers Wco to its layers alone, and finds no error in an editor", () => {
      const projected = editorSchema(schemaWithCells(schema)) as {
        definitions: { layer: { allOf: { then: { properties: object } }[] } };
      };
      const offers = projected.definitions.layer.allOf.map(({ then }) => "Wco" in then.properties);
      assert.deepEqual(offers, [...schema.definitions.layer.allOf.map(() => false), true]);
      const validate = new Ajv({ strict: false }).compile(projected);
      assert.ok(validate({ layers: [{ cell: "peephole", activation: "relu", Wco: 3 }] }));
    });

    it("leaves the schema as it was when it is gone", () => {
      const withIt = schemaWithCells(schema);
      Reflect.deleteProperty(known, "peephole");
      try {
        assert.deepEqual(schemaWithCells(withIt), schema);
      } finally {
        known["peephole"] = peepholeCell;
      }
    });
  });

  describe("in a run", () => {
    /** Both ways, over an rnn, with states: everything that can go wrong at once. */
    const deep = (activation: string): Problem =>
      readText(
        text(`, "activation": "${activation}", "direction": "both", "c0": [0.4, -0.3, 0.2]`).replace(
          '"layers": [',
          '"layers": [{ "cell": "rnn", "size": 2 }, ',
        ),
      ).problem;

    for (const activation of ["tanh", "linear"]) {
      it(`has gradients that agree with central differences within 1e-6 (${activation})`, () => {
        const { model, sequences } = deep(activation);
        const { worst, byParameter } = finish(checkGradients(model, sequences));
        assert.ok(worst !== null && worst < 1e-6, String(worst));
        assert.equal(byParameter.length, 3 + 2 * names.length + 2);
        for (const [name, gradient] of Object.entries(run(model, sequences, 0).gradients))
          assert.ok(
            gradient.data.some((v) => v !== 0),
            `${name} has no gradient at all`,
          );
      });

      it(`has equations that give the numbers of its steps, forward and back (${activation})`, () => {
        const { model, sequences } = deep(activation);
        const whole = run(model, sequences, 0);
        const { options } = model.layers[1]!;
        for (const p of [0, 1])
          for (let t = 1; t <= whole.length; t++) {
            const from = surroundingsOf(whole, 1, p, t);
            const { values, gradients } = whole.at(t).passes[1]![p]!;
            for (const [operations, numbers] of [
              [known["peephole"]!.forwardOperations(options), values],
              [known["peephole"]!.backwardOperations(options), gradients],
            ] as const)
              for (const { name, expression } of operations)
                evaluate(expression, from).forEach((v, k) =>
                  assert.ok(Math.abs(v - numbers[name]![k]!) < 1e-12, `${name}[${k}] at t = ${t}`),
                );
          }
      });
    }

    it("has dL/d(initial state) that agrees with central differences within 1e-6", () => {
      const { model, sequences } = deep("tanh");
      const { startGradients } = run(model, sequences, 0);
      for (const [p, pass] of model.layers[1]!.passes.entries())
        for (const [state, vector] of Object.entries(pass.initial))
          vector.forEach((value, k) => {
            const at = (moved: number) => {
              vector[k] = moved;
              const { loss } = run(model, sequences, 0);
              vector[k] = value;
              return loss!;
            };
            const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
            assert.ok(Math.abs(difference - startGradients[1]![p]![state]![k]!) < 1e-6, `${state}0[${k}]`);
          });
    });

    it("is an lstm where the peepholes are 0: the same loss as the engine's own", () => {
      const zero = "[[0, 0, 0], [0, 0, 0], [0, 0, 0]]";
      const blind = text(`, "Wci": ${zero}, "Wcf": ${zero}, "Wco": ${zero}`);
      const own = readText(blind).problem;
      const { parameters } = own.model.layers[0]!.passes[0]!;
      const { Wci, Wcf, Wco, ...others } = parameters;
      assert.ok(Wci && Wcf && Wco);
      const given = Object.entries(others).map(([name, { rank, rows, cols, data }]) => {
        const row = (i: number) => [...data.subarray(i * cols, (i + 1) * cols)];
        return `, "${name}": ${JSON.stringify(rank === 1 ? [...data] : Array.from({ length: rows }, (_, i) => row(i)))}`;
      });
      const { model } = readText(text(given.join("")).replace('"peephole"', '"lstm"')).problem;
      const [Why, by] = [own.model.output.Why, own.model.output.by];
      const lstm = run({ ...model, output: { ...model.output, Why, by } }, own.sequences, 0);
      const peephole = run(own.model, own.sequences, 0);
      assert.ok(Math.abs(lstm.loss! - peephole.loss!) < 1e-15);
    });

    it("is printed by the trace with its gates, and its gradients with them", () => {
      const { problem } = readText(text(""));
      const trace = traceOf(run(problem.model, problem.sequences, 0), 0, () => null, false) as {
        steps: { layers: object[]; gradients: { layers: object[] } }[];
        gradients: object;
      };
      assert.deepEqual(Object.keys(trace.steps[0]!.layers[0]!), ["i", "f", "g", "c", "o", "h"]);
      assert.deepEqual(Object.keys(trace.steps[0]!.gradients.layers[0]!), ["i", "f", "g", "c", "o", "h"]);
      assert.ok("layers.0.Wcf" in trace.gradients);
    });
  });

  describe("in the stepper and the panel", () => {
    it("is stepped through operation by operation, its equations written with its peepholes", () => {
      const { stepper } = viewOf(text(""));
      const equations = stepper.program.sweeps.map(({ operations }) => operations.map(({ equation }) => equation));
      assert.ok(equations[0]!.includes("o_t = σ(Wxo x_t + Who h_{t−1} + Wco c_t + bo)"), equations[0]!.join("\n"));
      assert.ok(
        equations[1]!.includes(
          "dL/dc_t = dL/dc_{t+1} ∘ f_{t+1} + Wciᵀ dL/da^i_{t+1} + Wcfᵀ dL/da^f_{t+1} + dL/dh_t ∘ o_t ∘ (1 − (tanh(c_t))²) + Wcoᵀ dL/da^o_t",
        ),
        equations[1]!.join("\n"),
      );
      let count = 0;
      for (; !stepper.isAtEnd; count++) stepper.stepInto();
      assert.equal(count, stepper.program.length);
      assert.ok(stepper.updated("layers.0.Wco"));
    });

    it("has tracks of its gates, and dL/da^i where a gradient is that of a pre-activation", () => {
      const { view, stepper } = viewOf(text(""));
      const tracks = view.info({ digits: 4 }).tracks.map(({ id, symbol }) => `${id} ${symbol.base}`);
      assert.deepEqual(
        tracks.filter((track) => track.includes("layers.0")),
        [
          ...["h h", "i i", "f f", "g g", "c c", "o o"].map((one) => `layers.0.${one}`),
          ...["h h", "norm h", "o a^o", "c c", "i a^i", "f a^f", "g a^g"].map((one) => `gradients.layers.0.${one}`),
        ],
      );
      const { i } = stepper.run.at(2).passes[0]![0]!.values;
      assert.equal(wholeTrack(view, "layers.0.i").min[1], i![0]);
    });

    it("has its gates in the cursor and in the cell's picture, at every operation of the run", () => {
      const { stepper, view } = viewOf(text(', "direction": "both"'));
      for (; !stepper.isAtEnd; stepper.stepInto()) {
        const { step } = cursorOf(view);
        for (const layer of step?.layers ?? []) {
          assert.match(layer.title, /^Layer 1 · peephole tanh · 3 units · both directions/);
          assert.deepEqual(
            layer.values.map(({ symbol }) => symbol.base[0]),
            ["i", "f", "g", "c", "o", "h"],
          );
          assert.ok(layer.picture.nodes.some(({ id }) => id === "o"));
        }
      }
    });
  });
});
