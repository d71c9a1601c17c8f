/** How the parts of a network are put together: what goes from one layer to the next, whose parameters a pass takes, how an embedding is read. */
import { cellOf } from "../../engine/cells";
import { above, type Expression } from "../../engine/expression";
import { norm } from "../../engine/functions";
import type { Layer, Model, Problem } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import type { Back } from "./edited";
import { kindOf, operationsOf, sumOf, termsOf } from "./edited";
import { hasAxes } from "./exchangedAxes";
import type { Handed, Passage } from "./handed";
import { one, type Slip } from "./slip";
import type { Start } from "./starts";

type NewSlip = Omit<Slip, "rare">;

export function wiringSlips(problem: Problem): NewSlip[] {
  return [
    ...handedSlips(problem.model),
    ...takenSlips(problem.model),
    ...wiredSlips(problem.model),
    ...otherReads(problem.model),
    ...embeddedSlips(problem),
    ...otherStarts(problem),
    ...axesSlips(problem),
  ];
}

function axesSlips(problem: Problem): NewSlip[] {
  if (!hasAxes(problem)) return [];
  const text =
    "the axis of the sequences is taken for that of the steps, as without `batch_first`: a step follows on the same step of the sequence before";
  return [one("axes-exchanged", text, { axesExchanged: true }, "axes", false)];
}

/** What stands between two layers, or before the output. */
function handedSlips({ layers }: Model): NewSlip[] {
  const places: readonly { readonly id: string; readonly said: string; readonly to: readonly Handed["to"][] }[] = [
    { id: "before-readout", said: "to the output", to: ["output"] },
    ...(layers.length > 1
      ? ([
          { id: "between-layers", said: "to the next layer", to: ["layers"] },
          { id: "after-layers", said: "to the next layer and to the output", to: ["layers", "output"] },
        ] as const)
      : []),
  ];
  const passages: readonly (readonly [Passage, string, string])[] = [
    ["relu", "activation", "go through relu"],
    ["tanh", "activation", "go through tanh"],
    ["σ", "activation", "go through σ"],
    [0.5, "scaled", "are multiplied by 0.5, as by a dropout that is taken for its mean,"],
    [0.8, "scaled", "are multiplied by 0.8, as by a dropout that is taken for its mean,"],
    [2, "scaled", "are multiplied by 2, as by a dropout of one half that drops nothing,"],
    ["normalised", "normalised", "are normalised, as by LayerNorm,"],
  ];
  return places.flatMap(({ id, said, to }) =>
    passages.map(([through, kind, text]) =>
      one(
        `${kind}-${id}`,
        `the hidden states ${text} on their way ${said}`,
        { handed: to.map((place) => ({ to: place, through })) },
        "handed",
        false,
      ),
    ),
  );
}

/** What a layer reads, and in which order and direction the passes of one go. */
function wiredSlips({ layers }: Model): NewSlip[] {
  const slips: NewSlip[] = [];
  const [first, ...others] = layers;
  const fits = ({ inputSize, size, passes }: Layer) => inputSize === size * passes.length;
  if (first && others.some(({ inputSize }) => inputSize === first.inputSize))
    slips.push(
      one(
        "layer-reads-input",
        "each layer reads the network's input, not the states of the layer below it",
        { wired: "input" },
        "wired",
        false,
      ),
    );
  if (layers.length > 1 && others.some(fits))
    slips.push(
      one(
        "residual",
        "each layer but the first adds what it reads to its states",
        { wired: "residualButFirst" },
        "wired",
        false,
      ),
    );
  if (first && fits(first))
    slips.push(one("residual", "each layer adds what it reads to its states", { wired: "residual" }, "wired", false));
  if (layers.every(({ passes }) => passes.length < 2)) return slips;
  slips.push(
    one("both-forward", "both passes go forward in time", { passesForward: true }, "turned", false),
    one(
      "passes-interleaved",
      "the two passes' states stand unit by unit, as by a reshape, not one after the other",
      { passesInterleaved: true },
      "passes-exchanged",
      false,
    ),
  );
  return slips;
}

/** Another layer, or another state, that the output reads. */
function otherReads(model: Model): NewSlip[] {
  const { layers } = model;
  const top = layers.at(-1);
  if (!top) return [];
  const width = ({ size, passes }: Layer) => size * passes.length;
  const said = layers.length > 1 ? " of the top layer" : "";
  const kind = kindOf(top);
  return [
    ...layers
      .slice(0, -1)
      .flatMap((layer, l) =>
        width(layer) === width(top)
          ? [
              one(
                `reads-layer:${l}`,
                `the output reads the states of layers[${l}], not those of the top layer`,
                { readsLayer: l },
                "reads",
                false,
              ),
            ]
          : [],
      ),
    ...[...cellOf(top).states.filter((state) => state !== "h"), ...argumentOfState(top)].map((state) =>
      one(
        `reads-state:${state}`,
        `the output reads ${state}_t${said} in the place of h_t`,
        {
          readsQuantity: state,
          edits: [{ kind, back: (back: Back): Back => ({ ...back, whole: readAs(state, back.whole) }) }],
          ...(layers.length > 1 && { onlyLayer: layers.length - 1 }),
        },
        "reads",
        false,
      ),
    ),
  ];
}

/** The quantity that goes through the function of h: a of h = tanh(a). */
function argumentOfState(layer: Layer): string[] {
  const made = operationsOf(layer).forward.find(({ name }) => name === "h")?.expression;
  return made?.kind === "apply" && made.of.kind === "value" && made.of.time === "now" ? [made.of.name] : [];
}

/** What comes from above comes to another quantity than h. */
function readAs(state: string, whole: Back["whole"]): Back["whole"] {
  const isAbove = ({ kind }: Expression) => kind === "above";
  return {
    ...whole,
    h: sumOf(termsOf(whole["h"]!).filter((term) => !isAbove(term))),
    [state]: sumOf([above, ...termsOf(whole[state]!)]),
  };
}

/** A pass, or a layer, that is computed with the parameters of another of the same shapes. */
function takenSlips({ layers }: Model): NewSlip[] {
  const slips: NewSlip[] = [];
  const bothWays = layers
    .filter(({ passes }) => passes.length > 1)
    .map(({ passes }) => passes.map(({ prefix }) => prefix));
  const taken = (id: string, text: string, pairs: readonly (readonly string[])[]) => {
    if (pairs.length > 0) slips.push(one(id, text, { takenFrom: Object.fromEntries(pairs) }, "taken", false));
  };
  taken(
    "passes-share",
    "the backward pass is computed with the forward pass's parameters",
    bothWays.map(([forward, backward]) => [backward!, forward!]),
  );
  taken(
    "passes-share",
    "the forward pass is computed with the backward pass's parameters",
    bothWays.map(([forward, backward]) => [forward!, backward!]),
  );
  taken(
    "pass-parameters-exchanged",
    "the forward and the backward pass have each other's parameters",
    bothWays.flatMap(([forward, backward]) => [
      [forward!, backward!],
      [backward!, forward!],
    ]),
  );
  const [first, ...others] = layers;
  const alike = others.filter((layer) => first && isAlike(layer, first));
  taken(
    "layers-share",
    "all layers are computed with the first one's parameters",
    alike.flatMap((layer) => layer.passes.map(({ prefix }, p) => [prefix, first!.passes[p]!.prefix])),
  );
  for (const [l, layer] of layers.entries())
    for (const [m, other] of layers.entries())
      if (l < m && isAlike(layer, other))
        taken(
          "layer-parameters-exchanged",
          `layers[${l}] and layers[${m}] have each other's parameters`,
          layer.passes.flatMap(({ prefix }, p) => {
            const theirs = other.passes[p]!.prefix;
            return [
              [prefix, theirs],
              [theirs, prefix],
            ];
          }),
        );
  return slips;
}

function isAlike(a: Layer, b: Layer): boolean {
  return (
    a.cell === b.cell &&
    a.inputSize === b.inputSize &&
    a.size === b.size &&
    a.passes.length === b.passes.length &&
    JSON.stringify(a.options) === JSON.stringify(b.options)
  );
}

function embeddedSlips({ model: { embedding }, sequences }: Problem): NewSlip[] {
  if (!embedding) return [];
  const { cols: D, rows: V } = embedding.E;
  const root = Math.sqrt(D);
  const tokens = sequences.flatMap(({ inputs }) => [...(inputs.tokens ?? [])]);
  const slips = [
    one(
      "embedding-scaled",
      `the embedding's rows are multiplied by √${D}`,
      { embedded: { kind: "scaled", factor: root } },
      "embedded",
      false,
    ),
    one(
      "embedding-scaled",
      `the embedding's rows are divided by √${D}`,
      { embedded: { kind: "scaled", factor: 1 / root } },
      "embedded",
      false,
    ),
    one(
      "embedding-scaled",
      `the embedding's rows are divided by ${D}`,
      { embedded: { kind: "scaled", factor: 1 / D } },
      "embedded",
      false,
    ),
    ...[1, -1].map((by) =>
      one(
        "embedding-other-row",
        `a token's row of the embedding is the one ${by > 0 ? "after" : "before"} its own`,
        { embedded: { kind: "otherRow", by } },
        "embedded",
        false,
      ),
    ),
    ...normalisedRows(embedding.E),
    one(
      "embedding-per-count",
      "a row's gradient in dE is divided by how often its token occurs",
      { embedded: { kind: "perCount" } },
      "embedded",
    ),
  ];
  for (const token of new Set([0, V - 1]))
    if (tokens.includes(token)) {
      const which = token === 0 ? "first" : "last";
      slips.push(
        one(
          "embedding-zero-row",
          `the embedding's ${which} row is zero, as that of a padding token`,
          { embedded: { kind: "zeroRow", token } },
          "embedded",
          false,
        ),
        one(
          "embedding-frozen-row",
          `the embedding's ${which} row has no gradient, as that of a padding token`,
          { embedded: { kind: "frozenRow", token } },
          "embedded",
        ),
      );
    }
  return slips;
}

/** Rows of the length 1, as for a cosine, or PyTorch's `max_norm`. */
function normalisedRows({ cols, rows, data }: Tensor): NewSlip[] {
  const lengths = Array.from({ length: rows }, (_, r) => norm(data.subarray(r * cols, (r + 1) * cols)));
  const slip = (text: string, which: "all" | "longer", flows: boolean) =>
    one("embedding-normalised", text, { embedded: { kind: "normalised", which, flows } }, "embedded", false);
  const text = "the embedding's rows are divided by their lengths";
  return [
    slip(`${text}, and the gradient goes back through that`, "all", true),
    slip(`${text} in the embedding itself`, "all", false),
    ...(lengths.some((length) => length > 1) && lengths.some((length) => length < 1)
      ? [
          slip(
            "the embedding's rows that are longer than 1 are divided by their lengths, as by `max_norm`",
            "longer",
            false,
          ),
        ]
      : []),
  ];
}

/** Ones in the states at first, or the states of each other. */
function otherStarts({ model: { layers }, sequences }: Problem): NewSlip[] {
  const states = [...new Set(layers.flatMap((layer) => cellOf(layer).states))];
  if (states.length === 0) return [];
  const start = (id: string, text: string, startsAs: Start) => one(id, text, { startsAs }, "start", false);
  const slips = [start("start-at-one", "the states begin with ones", { kind: "ones", state: null })];
  if (states.length > 1)
    for (const state of states)
      slips.push(start(`start-at-one:${state}`, `${state} begins with ones`, { kind: "ones", state }));
  const [first] = layers;
  const isAlikeAll = layers.every((layer) => first && layer.size === first.size && layer.cell === first.cell);
  const before = (kind: "layerBefore" | "passBefore", text: string) => {
    slips.push(start("start-where-other-ends", `${text}; no gradient goes back there`, { kind, flows: false }));
    if (kind === "layerBefore" && states.length === 1)
      slips.push(start("start-where-other-ends", text, { kind, flows: true }));
  };
  if (layers.length > 1 && isAlikeAll)
    before("layerBefore", "each layer begins with the states in which the layer below it has ended");
  if (layers.some(({ passes }) => passes.length > 1))
    before("passBefore", "the backward pass begins with the states in which the forward pass has ended");
  const given = sequences.flatMap(({ initial }) => initial ?? []).flat();
  const initials = [...given, ...layers.flatMap(({ passes }) => passes.map(({ initial }) => initial))];
  if (!initials.some((state) => Object.values(state ?? {}).some((v) => v.some((number) => number !== 0)))) return slips;
  if (states.length > 1)
    slips.push(
      start("start-exchanged", `the initial states of ${states.join(" and ")} are exchanged`, {
        kind: "statesExchanged",
      }),
    );
  if (layers.some(({ passes }) => passes.length > 1))
    slips.push(
      start("start-exchanged", "the initial states of the forward and the backward pass are exchanged", {
        kind: "passesExchanged",
      }),
    );
  if (layers.length > 1 && isAlikeAll && layers.every(({ passes }) => passes.length === first?.passes.length))
    slips.push(
      start("start-exchanged", "the layers' initial states are taken in the other order", { kind: "layersExchanged" }),
    );
  return slips;
}
