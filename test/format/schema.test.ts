import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import schema from "../../media/rnn.schema.json";
import { cells } from "../../src/engine/cells";
import { optionsOf } from "../../src/engine/variants";
import { schemaWithCells } from "../../src/format/cellSchema";
import { editorSchema } from "../../src/format/editorSchema";
import { generateTypes } from "./generateTypes";
import { printSchema } from "./printSchema";

/** Every schema inside a value, with where it stands. */
function* partsOf(value: unknown, at = "#"): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* partsOf(inner, `${at}/${key}`);
}

describe("the schema of a file", () => {
  it("is the text that its parts and the cells give", () => {
    const file = path.join(import.meta.dirname, "../../media/rnn.schema.json");
    assert.equal(readFileSync(file, "utf8"), printSchema(schemaWithCells(schema)));
  });

  it("is what the types of the raw file were generated from", async () => {
    const file = path.join(import.meta.dirname, "../../src/format/file.generated.ts");
    assert.equal(readFileSync(file, "utf8"), await generateTypes(schemaWithCells(schema)));
  });

  it("describes every key that a file may have", () => {
    const bare: string[] = [];
    for (const [at, part] of partsOf(schema)) {
      if (!at.endsWith("/properties") || at.includes("/if/") || at.includes("/then/")) continue;
      for (const [key, inner] of Object.entries(part))
        if (typeof (inner as Record<string, unknown>)["markdownDescription"] !== "string") bare.push(`${at}/${key}`);
    }
    assert.deepEqual(bare, []);
  });

  it("has a description for every choice of an enum", () => {
    for (const [at, part] of partsOf(schema)) {
      if (!Array.isArray(part["enum"]) || at.endsWith("/propertyNames") || at.endsWith("/version")) continue;
      assert.equal((part["enumDescriptions"] as unknown[] | undefined)?.length, part["enum"].length, at);
    }
  });

  it("gives each cell the parameters that the engine reads", () => {
    for (const rule of schema.definitions.layer.allOf) {
      const kind = rule.if.properties.cell.const as keyof typeof cells;
      const names = cells[kind].parameters({ activation: "tanh", reset: "after" }).map(({ name }) => name);
      const states = cells[kind].states.map((state) => `${state}0`);
      // A layer without a state goes no other way.
      const reverse = "reverse" in rule.then.properties ? rule.then.properties.reverse : undefined;
      if (states.length > 0) assert.deepEqual([...reverse!.propertyNames.enum].sort(), [...names, ...states].sort());
      else assert.equal(reverse, undefined);
      assert.deepEqual(
        names.filter((name) => !rule.then.propertyNames.enum.includes(name)),
        [],
      );
    }
  });
});

describe("the schema for editors", () => {
  const projected = editorSchema(schema) as Record<string, unknown>;

  it("finds no error in any value", () => {
    const ajv = new Ajv({ strict: false });
    const validate = ajv.compile(projected);
    for (const value of [
      null,
      3,
      [],
      { version: "x", layers: 1, unknown: {} },
      { layers: [{ cell: "gru", Wxh: 3, reverse: 1 }], training: { optimizer: { type: "sgd", beta1: "x" } } },
      { expect: { sequences: [{ steps: 1, gradients: { x: 1 } }] } },
    ])
      assert.ok(validate(value), JSON.stringify(validate.errors));
  });

  it("has no keyword that checks, but in conditions", () => {
    const checking = [
      "type",
      "enum",
      "const",
      "required",
      "minimum",
      "additionalProperties",
      "propertyNames",
      "minItems",
    ];
    for (const [at, part] of partsOf(projected)) {
      if (/\/if(\/|$)/.test(at) || /\/defaultSnippets(\/|$)/.test(at) || at.endsWith("/properties")) continue;
      for (const key of checking) assert.ok(!(key in part), `${at}/${key}`);
    }
  });

  it("accepts comments and trailing commas", () => {
    assert.equal(projected["allowComments"], true);
    assert.equal(projected["allowTrailingCommas"], true);
  });

  it("offers Wxi to the layers that read it alone: to an lstm, and not to an rnn or a gru", () => {
    const layer = (projected["definitions"] as Record<string, Record<string, unknown>>)["layer"]!;
    assert.ok(!("Wxi" in (layer["properties"] as object)));
    assert.ok("size" in (layer["properties"] as object));
    const offers = (
      layer["allOf"] as { if: { properties: { cell: { const: string } } }; then: { properties: object } }[]
    )
      .filter((rule) => "Wxi" in rule.then.properties)
      .map((rule) => rule.if.properties.cell.const);
    const readers = Object.entries(cells).filter(([, cell]) =>
      cell.parameters(optionsOf(cell)[0]!).some(({ name }) => name === "Wxi"),
    );
    assert.deepEqual(
      offers,
      readers.map(([kind]) => kind),
    );
    assert.ok(offers.includes("lstm") && !offers.includes("rnn") && !offers.includes("gru"));
  });

  it("suggests the choices of an enum with their descriptions", () => {
    const loss = (projected["properties"] as Record<string, Record<string, unknown>>)["loss"]!;
    const type = (loss["properties"] as Record<string, Record<string, unknown>>)["type"]!;
    const snippets = type["defaultSnippets"] as { body: string; description: string }[];
    assert.deepEqual(
      snippets.map(({ body }) => body),
      ["cross-entropy", "binary-cross-entropy", "mse", "mae", "huber", "linear"],
    );
    assert.ok(snippets.every(({ description }) => description.length > 0));
  });

  it("has a value to insert for every key of the file", () => {
    for (const [at, part] of partsOf(projected)) {
      if (!at.endsWith("/properties") || at.includes("/if/") || at.includes("/then/")) continue;
      for (const [key, inner] of Object.entries(part))
        assert.ok(Array.isArray((inner as Record<string, unknown>)["defaultSnippets"]), `${at}/${key}`);
    }
  });
});
