import { cellOf, isCellKind } from "../../engine/cells";
import type { Equation } from "../../engine/equations";
import { equationText } from "../../engine/equationTexts";
import type { Expression } from "../../engine/expression";
import { sum } from "../../engine/expression";
import { expressionText } from "../../engine/expressionText";
import type { Layer, Model, Pass, Problem, Sequence } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { ownTextOf } from "../../format/copyCell";
import { transpose } from "../diagnosis/arithmetic";
import type { Choices } from "../diagnosis/choices";
import { type Edit, kindOf } from "../diagnosis/edited";
import { complementsIn, exchanged } from "../diagnosis/mutations";
import { otherOrders } from "../diagnosis/slips";

/** A key of the file that is set, or taken away where the value is undefined. */
export interface Setting {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** What would have to be written into the file, so that it computes as the other program does. */
export interface Takeover {
  readonly parameters: NamedTensors;
  readonly settings: readonly Setting[];
}

/** Another way to read the same parameters, as other software has it. */
export interface Convention {
  /** For programs: `gate-order:igfo`. */
  readonly id: string;
  /** As it follows "the other program": "takes the gates in the order i g f o". */
  readonly text: string;
  /** What it changes in the diagnosis's computation. */
  readonly choices: Partial<Choices>;
  /** A changed model, where choices alone do not say it. */
  readonly problem?: Problem;
  /** Null where a file cannot say it in its own words. */
  readonly takeover: Takeover | null;
}

const biasesOf = (pass: Pass) => Object.keys(pass.parameters).filter((name) => pass.parameters[name]!.rank === 1);

/** Layers that are meant: all of one kind at once, and where there are several, each by itself. */
function scopesOf(layers: readonly Layer[], is: (layer: Layer) => boolean): { indices: number[]; where: string }[] {
  const all = layers.flatMap((layer, l) => (is(layer) ? [l] : []));
  if (all.length === 0) return [];
  return [
    { indices: all, where: "" },
    ...(all.length > 1 ? all.map((l) => ({ indices: [l], where: ` in layer ${l}` })) : []),
  ];
}

const negated = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.map((value) => -value) });
const zeroed = (tensor: Tensor): Tensor => ({ ...tensor, data: new Float64Array(tensor.data.length) });
const doubled = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.map((value) => 2 * value) });
const plus = (a: Tensor, b: Tensor): Tensor => ({ ...a, data: a.data.map((value, k) => value + b.data[k]!) });

type Change = (pass: Pass, layer: Layer) => NamedTensors;

/** Parameters of the layers that are meant, by full name, as a change makes them. */
function changed({ layers }: Model, indices: readonly number[], change: Change): Record<string, Tensor> {
  return Object.fromEntries(
    indices.flatMap((l) =>
      layers[l]!.passes.flatMap((pass) =>
        Object.entries(change(pass, layers[l]!)).map(([name, tensor]) => [`${pass.prefix}.${name}`, tensor]),
      ),
    ),
  );
}

const onlyParameters = (parameters: NamedTensors): Takeover => ({ parameters, settings: [] });

/** Every convention that other software may have and this model can be read in, the usual ones first. */
export function conventionsOf(problem: Problem, index: number): Convention[] {
  const { model } = problem;
  return [
    ...startConventions(problem, index),
    ...gateOrders(model),
    ...biasConventions(model),
    ...resetForms(problem),
    ...updateGates(model),
    ...hardSigmoids(model),
    ...transpositions(model),
    ...directions(problem),
    ...skips(problem),
  ];
}

/** What stands before the first step: zeros, or not what the sequence before has left. */
function startConventions(problem: Problem, index: number): Convention[] {
  const { model, sequences } = problem;
  const sequence = sequences[index]!;
  const made: Convention[] = [];
  if (sequence.carry) {
    const changed: Sequence = { ...sequence, carry: false };
    made.push({
      id: "state-not-carried",
      text: "does not carry the state over from the sequence before",
      choices: {},
      problem: { ...problem, sequences: sequences.map((one, k) => (k === index ? changed : one)) },
      takeover: onlySettings([{ path: ["sequences", index, "state"], value: undefined }]),
    });
  }
  const settings = [
    ...(sequence.initial
      ? statesOf(model).map((name) => ({ path: ["sequences", index, `${name}0`], value: undefined }))
      : []),
    ...model.layers.flatMap((layer, l) => [
      ...cellOf(layer).states.map((name) => ({ path: ["layers", l, `${name}0`], value: undefined })),
      ...(layer.passes.length > 1
        ? cellOf(layer).states.map((name) => ({ path: ["layers", l, "reverse", `${name}0`], value: undefined }))
        : []),
    ]),
    ...(sequence.carry ? [{ path: ["sequences", index, "state"], value: undefined }] : []),
  ];
  made.push({
    id: "starts-at-zero",
    text: "starts from a state of zeros",
    choices: { startsAtZero: true },
    takeover: onlySettings(settings),
  });
  return made;
}

/** The states in which another model of the same layers begins; none where a sequence has its own. */
export function otherStart(problem: Problem, index: number, theirs: Model): Convention[] {
  const { model, sequences } = problem;
  const { initial, carry } = sequences[index]!;
  const isAlike = (layer: Layer, l: number) => {
    const other = theirs.layers[l]!;
    const states = cellOf(layer).states.join();
    return (
      other.size === layer.size && other.passes.length === layer.passes.length && cellOf(other).states.join() === states
    );
  };
  if (initial || carry || theirs.layers.length !== model.layers.length || !model.layers.every(isAlike)) return [];
  const startOf = (l: number, p: number) => theirs.layers[l]!.passes[p]!.initial;
  const layers = model.layers.map(
    (layer, l): Layer => ({
      ...layer,
      passes: layer.passes.map((pass, p) => ({ ...pass, initial: startOf(l, p) })),
    }),
  );
  const settings = layers.flatMap(({ passes }, l) =>
    passes.flatMap((pass, p) =>
      Object.entries(pass.initial).map(([name, state]) => ({
        path: ["layers", l, ...(p > 0 ? ["reverse"] : []), `${name}0`],
        value: Array.from(state),
      })),
    ),
  );
  return [
    {
      id: "starts-elsewhere",
      text: "starts from another state",
      choices: {},
      problem: { ...problem, model: { ...model, layers } },
      takeover: onlySettings(settings),
    },
  ];
}

const onlySettings = (settings: readonly Setting[]): Takeover => ({ parameters: {}, settings });

const statesOf = ({ layers }: Model) => [...new Set(layers.flatMap((layer) => cellOf(layer).states))];

/** The gates that have parameters of their own by their letter, in the cell's order: i, f, g and o of an lstm. */
function gatesOf(layer: Layer): string[] {
  const parameters = layer.passes[0]!.parameters;
  return cellOf(layer)
    .quantities(layer.options)
    .map(({ name }) => name)
    .filter((name) => parameters[`Wx${name}`] && parameters[`Wh${name}`]);
}

const ownerOfOrder: Readonly<Record<string, string>> = {
  iofg: ", as ONNX does",
  igfo: ", as TensorFlow's old cells do",
  ifog: ", as CS231n does",
  zrn: ", as Keras and ONNX do",
};

function gateOrders(model: Model): Convention[] {
  const { layers } = model;
  const kinds = new Map(layers.map(gatesOf).map((gates) => [gates.join(""), gates]));
  return [...kinds].flatMap(([key, own]) =>
    scopesOf(layers, (layer) => gatesOf(layer).join("") === key).flatMap(({ indices, where }) =>
      otherOrders(own)
        .toSorted((a, b) => Number(b.join("") in ownerOfOrder) - Number(a.join("") in ownerOfOrder))
        .map((order): Convention => {
          const name = order.join("");
          return {
            id: `gate-order:${name}${where && `:${indices[0]}`}`,
            text: `takes the gates in the order ${order.join(" ")} for ${own.join(" ")}${where}${ownerOfOrder[name] ?? ""}`,
            choices: {},
            takeover: onlyParameters(changed(model, indices, ({ parameters }) => reordered(parameters, own, order))),
          };
        }),
    ),
  );
}

/** What the other program takes as a gate is what stands in that gate's place here. */
const reordered = (parameters: NamedTensors, own: readonly string[], order: readonly string[]): NamedTensors =>
  Object.fromEntries(
    order.flatMap((gate, k) =>
      ["Wx", "Wh", "b"].flatMap((letter) => {
        const tensor = parameters[`${letter}${own[k]!}`];
        return tensor ? [[`${letter}${gate}`, tensor]] : [];
      }),
    ),
  );

function biasConventions(model: Model): Convention[] {
  const { layers, output } = model;
  const made = (id: string, text: string, parameters: NamedTensors): Convention => ({
    id,
    text,
    choices: {},
    takeover: onlyParameters(parameters),
  });
  const ofLayers = scopesOf(layers, (layer) => layer.passes.some((pass) => biasesOf(pass).length > 0)).flatMap(
    ({ indices, where }) => {
      const of =
        (change: (tensor: Tensor) => Tensor): Change =>
        ({ parameters }) =>
          Object.fromEntries(
            Object.entries(parameters)
              .filter(([name, { rank }]) => rank === 1 && name.startsWith("b"))
              .map(([name, tensor]) => [name, change(tensor)]),
          );
      return [
        made(
          `bias-doubled${where && `:${indices[0]}`}`,
          `adds each bias twice${where}`,
          changed(model, indices, of(doubled)),
        ),
        made(
          `bias-missing${where && `:${indices[0]}`}`,
          `leaves the biases out${where}`,
          changed(model, indices, of(zeroed)),
        ),
      ];
    },
  );
  const gru = scopesOf(layers, (layer) =>
    layer.passes.some(({ parameters }) => parameters["bhn"] !== undefined),
  ).flatMap(({ indices, where }) => [
    made(
      `bhn-missing${where && `:${indices[0]}`}`,
      `leaves the recurrent bias bhn out${where}`,
      changed(model, indices, ({ parameters }) => ({ bhn: zeroed(parameters["bhn"]!) })),
    ),
    made(
      `bhn-outside${where && `:${indices[0]}`}`,
      `adds the recurrent bias bhn outside of the reset gate's product${where}`,
      changed(model, indices, ({ parameters }) => ({
        bn: plus(parameters["bn"]!, parameters["bhn"]!),
        bhn: zeroed(parameters["bhn"]!),
      })),
    ),
  ]);
  const readout = output.by
    ? [
        made("output-bias-missing", "leaves the read-out's bias out", { "output.by": zeroed(output.by) }),
        made("output-bias-doubled", "adds the read-out's bias twice", { "output.by": doubled(output.by) }),
      ]
    : [];
  return [...ofLayers, ...gru, ...readout];
}

/** The other form of a reset gate, of cells that have both; what is one bias there and two here is their sum. */
function resetForms(problem: Problem): Convention[] {
  const { model } = problem;
  return scopesOf(model.layers, (layer) => "reset" in cellOf(layer).options).flatMap(({ indices, where }) => {
    const [first] = indices;
    const to = model.layers[first!]!.options["reset"] === "after" ? "before" : "after";
    if (indices.some((l) => model.layers[l]!.options["reset"] === to)) return [];
    const layers = model.layers.map((layer, l): Layer => {
      if (!indices.includes(l)) return layer;
      const passes = layer.passes.map((pass) => {
        const { bhn, ...parameters } = pass.parameters;
        const { bn } = parameters;
        if (!bn) return pass;
        return {
          ...pass,
          parameters:
            to === "before" ? { ...parameters, bn: bhn ? plus(bn, bhn) : bn } : { ...parameters, bhn: zeroed(bn) },
        };
      });
      return { ...layer, options: { ...layer.options, reset: to }, passes };
    });
    const changedModel = { ...model, layers };
    const before = parametersOf(model);
    const parameters = Object.fromEntries(
      Object.entries(parametersOf(changedModel)).filter(([name, tensor]) => before[name] !== tensor),
    );
    const settings = indices.flatMap((l) => [
      { path: ["layers", l, "reset"], value: to },
      ...(to === "before"
        ? [
            { path: ["layers", l, "bhn"], value: undefined },
            { path: ["layers", l, "reverse", "bhn"], value: undefined },
          ]
        : []),
    ]);
    return [
      {
        id: `reset-${to}${where && `:${first}`}`,
        text: `applies the reset gate ${to} the product with Whn${where}`,
        choices: {},
        problem: { ...problem, model: changedModel },
        takeover: { parameters, settings },
      },
    ];
  });
}

/** One equation edited in every kind of the layers that are meant. */
const editsOf = (model: Model, indices: readonly number[], edited: (equation: Equation) => Equation): Edit[] =>
  [...new Set(indices.map((l) => kindOf(model.layers[l]!)))].map((kind) => ({
    kind,
    forward: (equations) => equations.map(edited),
  }));

/** A gate u that an equation has beside its 1 − u, read the other way round: z and 1 − z in h = (1 − z) ∘ n + z ∘ h'. */
function updateGates(model: Model): Convention[] {
  const found = model.layers.flatMap((layer) =>
    cellOf(layer)
      .forwardOperations(layer.options)
      .flatMap((equation) =>
        complementsIn(equation.expression)
          .filter((u) => u.kind === "value")
          .map((u) => ({ equation, u, text: `${equation.name} = ${equationText(equation.expression)}` })),
      ),
  );
  const distinct = [...new Map(found.map((one) => [`${one.u.name} ${one.text}`, one])).values()];
  return distinct.flatMap(({ equation, u, text }) => {
    const isSame = (other: Equation) => JSON.stringify(other) === JSON.stringify(equation);
    const turned = { ...equation, expression: exchanged(equation.expression, u) };
    return scopesOf(model.layers, (layer) => cellOf(layer).forwardOperations(layer.options).some(isSame)).map(
      ({ indices, where }): Convention => ({
        id: `${u.name}-or-1-${u.name}${where && `:${indices[0]}`}`,
        text: `takes ${u.name} for 1 − ${u.name} in ${text}${where}`,
        choices: {
          edits: editsOf(model, indices, (equation) => (isSame(equation) ? turned : equation)),
        },
        takeover: complementTakeover(model, indices, equation, u.name),
      }),
    );
  });
}

/** 1 − σ(a) is σ(−a): where the gate stands in that equation alone, and each of its terms has a parameter of its own, they change signs. */
function complementTakeover(
  model: Model,
  indices: readonly number[],
  equation: Equation,
  gate: string,
): Takeover | null {
  const own = [`Wx${gate}`, `Wh${gate}`, `b${gate}`];
  const isOwn = (l: number) => {
    const layer = model.layers[l]!;
    const operations = cellOf(layer).forwardOperations(layer.options);
    const { expression } = operations.find(({ name }) => name === gate)!;
    if (expression.kind !== "apply" || expression.function !== "σ") return false;
    const terms = expression.of.kind === "sum" ? expression.of.terms : [expression.of];
    const names = terms.map((term) => (term.kind === "product" ? term.matrix : term.kind === "bias" ? term.name : ""));
    const others = operations.filter(({ name }) => name !== gate && name !== equation.name);
    const elsewhere = expressionText(sum(...others.map((other) => other.expression))).split(/[^\p{L}\p{N}_]+/u);
    return names.every((name) => own.includes(name) && !elsewhere.includes(name)) && !elsewhere.includes(`${gate}_t`);
  };
  if (!indices.every(isOwn)) return null;
  return onlyParameters(
    changed(model, indices, ({ parameters }) =>
      Object.fromEntries(own.flatMap((name) => (parameters[name] ? [[name, negated(parameters[name])]] : []))),
    ),
  );
}

function hardSigmoids(model: Model): Convention[] {
  const kinds = [
    ["hardsigmoid2", "0.2 v + 0.5, as Keras 2, TensorFlow.js and ONNX do"],
    ["hardsigmoid", "relu6(v + 3) / 6, as Keras 3 and PyTorch do"],
  ] as const;
  const isGate = ({ expression }: Pick<Equation, "expression">) =>
    expression.kind === "apply" && expression.function === "σ";
  const hasGates = (layer: Layer) =>
    gatesOf(layer).length > 1 && cellOf(layer).forwardOperations(layer.options).some(isGate);
  return scopesOf(model.layers, hasGates)
    .filter(({ where }) => where === "")
    .flatMap(({ indices }) =>
      kinds.map(([name, what]): Convention => {
        return {
          id: `hard-sigmoid:${name}`,
          text: `has a hard sigmoid in the gates: ${what}`,
          choices: {
            edits: editsOf(model, indices, (equation) =>
              isGate(equation)
                ? { ...equation, expression: { ...equation.expression, function: name } as Expression }
                : equation,
            ),
          },
          takeover: hardSigmoidTakeover(model, indices, name),
        };
      }),
    );
}

/** The file's own cell of the same equations with another function; what is an own cell already would be a change of its equations. */
function hardSigmoidTakeover(model: Model, indices: readonly number[], name: string): Takeover | null {
  const settings: Setting[] = [];
  for (const l of indices) {
    const { cell, options } = model.layers[l]!;
    if (!isCellKind(cell)) return null;
    const own = `${cell}-${name}`;
    const { title, equations: soft } = ownTextOf(cell, options, 0);
    const equations = soft.map((equation) => equation.replaceAll("σ(", `${name}(`));
    if (!settings.some(({ path }) => path[1] === own))
      settings.push({ path: ["cells", own], value: { title: `${title}, with a hard sigmoid`, equations } });
    settings.push({ path: ["layers", l, "cell"], value: own });
    for (const key of ["reset", "bias"]) settings.push({ path: ["layers", l, key], value: undefined });
  }
  return { parameters: {}, settings };
}

function transpositions(model: Model): Convention[] {
  const made: Convention[] = [];
  const add = (id: string, text: string, parameters: NamedTensors) => {
    const moved = Object.entries(parameters).filter(([, { rank, rows, cols }]) => rank === 2 && rows === cols);
    if (moved.length > 0)
      made.push({
        id: `transposed:${id}`,
        text,
        choices: {},
        takeover: onlyParameters(Object.fromEntries(moved.map(([name, tensor]) => [name, transpose(tensor)]))),
      });
  };
  const starting = (start: string) => (pass: Pass) =>
    Object.fromEntries(Object.entries(pass.parameters).filter(([name]) => name.startsWith(start)));
  for (const { indices, where } of scopesOf(model.layers, () => true))
    for (const [start, what] of [
      ["Wh", "recurrent matrices"],
      ["Wx", "input matrices"],
      ["W", "matrices"],
    ] as const)
      add(
        `${start}${where && `:${indices[0]}`}`,
        `takes the ${what} transposed${where}`,
        changed(model, indices, starting(start)),
      );
  for (const [name, tensor] of Object.entries(parametersOf(model)))
    add(name, `takes ${name} transposed`, { [name]: tensor });
  return made;
}

/** A pass in the other direction; of both, the parameters of the one in the other. */
function directions(problem: Problem): Convention[] {
  const { model } = problem;
  return model.layers.flatMap((layer, l): Convention[] => {
    if (cellOf(layer).states.length === 0) return [];
    const [first, other] = layer.passes;
    const of = (passes: readonly Pass[], direction: Layer["direction"]): Problem => ({
      ...problem,
      model: { ...model, layers: model.layers.map((same, k) => (k === l ? { ...layer, direction, passes } : same)) },
    });
    if (other)
      return [
        {
          id: `directions-exchanged:${l}`,
          text: `has the parameters of the two directions exchanged in layer ${l}`,
          choices: {},
          takeover: onlyParameters(
            Object.fromEntries([
              ...Object.entries(other.parameters).map(([name, tensor]) => [`${first!.prefix}.${name}`, tensor]),
              ...Object.entries(first!.parameters).map(([name, tensor]) => [`${other.prefix}.${name}`, tensor]),
            ]),
          ),
        },
      ];
    const to = layer.direction === "forward" ? "backward" : "forward";
    return [
      {
        id: `direction:${l}`,
        text: `runs layer ${l} ${to}`,
        choices: {},
        problem: of([{ ...first!, direction: to }], to),
        takeover: onlySettings([{ path: ["layers", l, "direction"], value: to }]),
      },
    ];
  });
}

function skips(problem: Problem): Convention[] {
  const { model } = problem;
  const { output } = model;
  return [
    ...(output.skip
      ? [
          {
            id: "skip-missing",
            text: "does not add the input to the output",
            choices: { forgottenTerms: ["skip" as const] },
            takeover: onlySettings([{ path: ["output", "skip"], value: false }]),
          },
        ]
      : []),
    ...(!output.skip && model.inputSize === output.size
      ? [
          {
            id: "skip-added",
            text: "adds the input to the output",
            choices: {},
            problem: { ...problem, model: { ...model, output: { ...output, skip: true } } },
            takeover: onlySettings([{ path: ["output", "skip"], value: true }]),
          },
        ]
      : []),
    ...(output.Wxy
      ? [
          {
            id: "input-term-missing",
            text: "does not read the input in the read-out",
            choices: { forgottenTerms: ["Wxy" as const] },
            takeover: onlyParameters({ "output.Wxy": zeroed(output.Wxy) }),
          },
        ]
      : []),
  ];
}
