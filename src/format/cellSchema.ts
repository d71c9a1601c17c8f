import type { Cell, CellOption, ParameterSpec } from "../engine/cell";
import type { CellKind } from "../engine/cells";
import { cells } from "../engine/cells";
import {
  cellKinds,
  cellsWithState,
  optionKeys,
  parametersOfAny,
  stateNames,
  stateTitle,
  tracedNames,
  tracedOfAny,
} from "../engine/variants";
import { listed, withArticle } from "./draft";

/** A part of a JSON schema. */
type Schema = { readonly [key: string]: unknown };
type Properties = Readonly<Record<string, Schema>>;

/** Keys of a layer that no cell owns. */
const commonKeys = ["cell", "size", "bias", "trainable", "frozen"];
/** Those of a layer with a state, which goes one way or the other. */
const keysOfState = ["direction", "h0", "reverse"];

const hasState = ({ states }: Cell) => states.length > 0;

/**
 * The file's schema with all that depends on the cells: their names, options, parameters, states, what the trace prints of
 * them, and what an editor inserts. What stood in these places before is replaced, so that doing it twice changes nothing.
 * @param schema as media/rnn.schema.json has it
 */
export function schemaWithCells(schema: object): Schema {
  return replaceAt(schema as Schema, [
    ["definitions/layer", layerSchema],
    ["definitions/sequence/properties", sequenceProperties],
    ["definitions/passValues/properties", (properties) => withTraced(properties, quantityDoc)],
    ["definitions/layersValues/items/properties", (properties) => withTraced(properties, quantityDoc)],
    [stepProperties, (properties) => withTraced(properties, (name) => `Layer 0: ${quantityDoc(name)}`)],
    [
      `${stepProperties}/gradients/properties`,
      (properties) => withTraced(properties, (name) => `∂L/∂ of the first layer's ${quantityDoc(name)}`),
    ],
    ["properties/initial/properties/forgetBias", (part) => ({ ...part, markdownDescription: forgetBiasDoc() })],
  ]);
}

const stepProperties = "properties/expect/properties/sequences/items/properties/steps/items/properties";

function replaceAt(schema: Schema, changes: readonly (readonly [string, (part: Schema) => Schema])[]): Schema {
  return changes.reduce((result, [path, change]) => replacePart(result, path.split("/"), change), schema);
}

function replacePart(schema: Schema, path: readonly string[], change: (part: Schema) => Schema): Schema {
  const [key, ...rest] = path;
  if (key === undefined) return change(schema);
  return { ...schema, [key]: replacePart(schema[key] as Schema, rest, change) };
}

// ---------------------------------------------------------------------------------------------- layers

function layerSchema(layer: Schema): Schema {
  const { size, direction, reverse, bias, trainable, frozen } = layer["properties"] as Properties;
  const inPass = { ...parameterProperties(), ...stateProperties() };
  return {
    ...layer,
    defaultSnippets: cellKinds().map(layerSnippet),
    properties: {
      cell: {
        markdownDescription: `What the layer computes at each step: ${cellKinds()
          .map((kind) => `\`${kind}\``)
          .join(", ")}, or one of the file's own \`cells\`. Required.`,
        type: "string",
        expected: "a cell's name",
        defaultSnippets: cellKinds().map((kind) => ({
          label: JSON.stringify(kind),
          description: cells[kind].equation,
          body: kind,
        })),
      },
      size,
      ...optionProperties(),
      bias,
      trainable,
      frozen,
      direction,
      ...inPass,
      reverse: { ...reverse, properties: inPass },
    },
    allOf: cellKinds().map(rulesOf),
  };
}

function layerSnippet(kind: CellKind): Schema {
  const { title, options } = cells[kind];
  const chosen = Object.entries(options).map(([key, { choices }], k) => [
    key,
    `\${${k + 2}|${choices.map(({ value }) => value).join(",")}|}`,
  ]);
  return {
    label: `${kind} layer`,
    description: title,
    body: { cell: kind, size: "^${1:4}", ...Object.fromEntries(chosen) },
  };
}

/** Which keys belong to a cell, and what its options may be where another cell's are others. */
function rulesOf(kind: CellKind): Schema {
  const cell = cells[kind];
  const parameters = parametersOfAny(cell).map(({ name }) => name);
  const states = cell.states.filter((state) => state !== "h").map((state) => `${state}0`);
  const owner = `${withArticle(kind)} layer`;
  const own = [...Object.keys(cell.options), ...parameters, ...states];
  const common = hasState(cell) ? [...commonKeys, ...keysOfState] : commonKeys;
  const ownInReverse = [...parameters, ...states];
  return {
    if: { properties: { cell: { const: kind } }, required: ["cell"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
    then: {
      propertyNames: { enum: [...common, ...own], owner, own },
      properties: {
        ...(hasState(cell) && {
          reverse: { propertyNames: { enum: ["h0", ...ownInReverse], owner, own: ownInReverse } },
        }),
        ...narrowedOptions(cell),
      },
    },
  };
}

function narrowedOptions(cell: Cell): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(cell.options).flatMap(([key, { choices }]) => {
      const values = choices.map(({ value }) => value);
      return values.length < choicesOfAll(key).length
        ? [[key, { enum: values, enumDescriptions: choices.map(({ doc }) => doc) }]]
        : [];
    }),
  );
}

const withOption = (key: string): [CellKind, CellOption][] =>
  cellKinds().flatMap((kind): [CellKind, CellOption][] => {
    const option = cells[kind].options[key];
    return option ? [[kind, option]] : [];
  });

function choicesOfAll(key: string): CellOption["choices"] {
  const all = withOption(key).flatMap(([, { choices }]) => choices);
  return all.filter(({ value }, k) => all.findIndex((other) => other.value === value) === k);
}

function optionProperties(): Record<string, Schema> {
  return Object.fromEntries(
    optionKeys().map((key) => {
      const owners = withOption(key);
      const docs = grouped(owners, ([kind, option]) => [`${option.doc}. Default: \`${option.default}\`.`, kind]);
      const choices = choicesOfAll(key);
      return [
        key,
        {
          markdownDescription: docs
            .map(([doc, kinds]) => `${bold(kinds)}${docs.length === 1 ? " only" : ""}: ${doc}`)
            .join(" "),
          type: "string",
          enum: choices.map(({ value }) => value),
          enumDescriptions: choices.map(({ doc }) => doc),
          default: owners[0]![1].default,
        },
      ];
    }),
  );
}

function parameterProperties(): Record<string, Schema> {
  const all = cellKinds().flatMap((kind) => parametersOfAny(cells[kind]).map((spec) => ({ kind, spec })));
  const names = [...new Set(all.map(({ spec }) => spec.name))];
  return Object.fromEntries(
    names.map((name) => {
      const having = all.filter(({ spec }) => spec.name === name);
      const docs = grouped(having, ({ kind, spec }) => [parameterDoc(spec), kind]);
      return [
        name,
        {
          markdownDescription: docs.map(([doc, kinds]) => `${bold(kinds)}, ${doc}`).join(" "),
          $ref: `#/definitions/${having[0]!.spec.cols === null ? "vector" : "matrix"}`,
        },
      ];
    }),
  );
}

function parameterDoc({ name, cols, doc, isForgetBias }: ParameterSpec): string {
  if (cols === null) return `${doc}, \`[H]\`. Default: ${isForgetBias ? "`initial.forgetBias`" : "zeros"}.`;
  const [shape, from] = cols === "input" ? ["H × X", "input j"] : ["H × H", "unit j"];
  return `${doc}, \`[${shape}]\`; \`${name}[i][j]\` leads from ${from} to unit i. Default: drawn as \`initial\` says.`;
}

function forgetBiasDoc(): string {
  const biases = cellKinds().flatMap((kind) =>
    parametersOfAny(cells[kind]).flatMap(({ name, isForgetBias }) =>
      isForgetBias ? [`\`${name}\` of ${withArticle(kind)} layer`] : [],
    ),
  );
  return `What a forget gate's bias begins with: ${listed(biases)}. Default: 0.`;
}

// ---------------------------------------------------------------------------------------------- states

/** A name's subscript 0. */
const atStart = (state: string) => `${state}₀`;

/** Those that do not all have it. */
const someOf = (kinds: readonly CellKind[]): readonly CellKind[] => (kinds.length === cellKinds().length ? [] : kinds);

function stateProperties(): Record<string, Schema> {
  return Object.fromEntries(
    stateNames().map((state) => {
      const owners = someOf(cellsWithState(state));
      const doc = `nitial ${stateTitle(state)} ${atStart(state)}, \`[H]\`. Default: zeros.`;
      return [
        `${state}0`,
        {
          markdownDescription: owners.length > 0 ? `${bold(owners)}: i${doc}` : `I${doc}`,
          $ref: "#/definitions/vector",
        },
      ];
    }),
  );
}

/** The initial states of a sequence, all described as the first. */
function sequenceProperties(properties: Schema): Schema {
  const { h0, state, ...rest } = properties as Properties;
  const others = Object.entries(rest).filter(([key]) => !/^\w+0$/.test(key));
  const states = stateNames().map((name) => {
    const owners = someOf(cellsWithState(name));
    const of = owners.length > 0 ? ` (${owners.join(", ")})` : "";
    return [
      `${name}0`,
      {
        ...h0,
        markdownDescription: `Initial ${stateTitle(name)}${of} of this sequence: H numbers where the model is one one-way layer; else one entry a layer, \`{ "forward": [..], "backward": [..] }\` for a layer with \`direction: both\`, \`null\` for a layer that keeps its own. Default: the layer's \`${name}0\`.`,
      },
    ] as const;
  });
  return { ...Object.fromEntries([...others, ...states]), state };
}

// ---------------------------------------------------------------------------------------------- the trace

/** "input gate i_t (lstm)" */
function quantityDoc(name: string): string {
  const having = cellKinds().flatMap((kind) =>
    tracedOfAny(cells[kind]).flatMap((quantity) => (quantity.name === name ? [{ kind, title: quantity.title }] : [])),
  );
  return `${grouped(having, ({ kind, title }) => [title, kind])
    .map(([title, kinds]) => {
      const owners = someOf(kinds);
      return `${title} ${name}_t${owners.length > 0 ? ` (${owners.join(", ")})` : ""}`;
    })
    .join(" or ")}, \`[H]\`.`;
}

const tracedVector = "#/definitions/tracedVector";

/** Vectors of the trace that no cell computes. */
const readOutKeys = ["x", "logits", "output"];

function withTraced(properties: Schema, doc: (name: string) => string): Schema {
  const kept = Object.entries(properties).filter(
    ([key, part]) => (part as Schema)["$ref"] !== tracedVector || readOutKeys.includes(key),
  );
  const traced = tracedNames().map((name) => [name, { markdownDescription: doc(name), $ref: tracedVector }] as const);
  const forward = kept.findIndex(([key]) => key === "forward");
  const at = forward < 0 ? kept.length : forward;
  return Object.fromEntries([...kept.slice(0, at), ...traced, ...kept.slice(at)]);
}

// ---------------------------------------------------------------------------------------------- words

const bold = (kinds: readonly CellKind[]): string => kinds.map((kind) => `**${kind}**`).join(", ");

/** The cells of which the same is said, together. */
function grouped<T>(
  things: readonly T[],
  say: (thing: T) => readonly [string, CellKind],
): (readonly [string, readonly CellKind[]])[] {
  const groups = new Map<string, CellKind[]>();
  for (const thing of things) {
    const [text, kind] = say(thing);
    groups.set(text, [...(groups.get(text) ?? []), kind]);
  }
  return [...groups];
}
