/**
 * What the host of the panel and its webview say to each other. The host computes, the webview draws.
 * The webview asks (`Requests`), every request is answered `{ ok: true, value }` or `{ ok: false, error }`;
 * the host tells (`PanelEvent`). Time runs t = 1…T on both sides.
 */

import type { ComparisonCurves, ComparisonState } from "./comparison";
import type { CurveData } from "./curve";

// ---------------------------------------------------------------------------------------------- what is shown

/** Everything that the panel can be in; each is drawn. */
export type PanelState =
  /** Being computed; `done` runs from 0 to 1 where that takes long, else it is null. */
  | { readonly kind: "loading"; readonly done: number | null }
  /** A file without a sequence to step through. */
  | { readonly kind: "empty"; readonly title: string; readonly reason: string }
  /** The text has errors. The webview keeps showing the last good run, dimmed, if it has one; `run` is that run. */
  | { readonly kind: "invalid"; readonly errors: readonly FileError[]; readonly run: Run | null }
  | { readonly kind: "ready"; readonly run: Run }
  /** Our own fault; the output channel has the stack. */
  | { readonly kind: "failed"; readonly message: string };

export interface FileError {
  readonly message: string;
  /** 1-based */
  readonly line: number;
  readonly column: number;
}

export interface Run {
  readonly info: RunInfo;
  readonly cursor: Cursor;
}

/** What stays while the user steps: sent anew when the text or the sequence changes. */
export interface RunInfo {
  /** Another number for each computation. Requests carry it; one about an old run fails with `stale`. */
  readonly revision: number;
  readonly title: string;
  readonly sequence: { readonly index: number; readonly names: readonly string[] };
  /** T */
  readonly length: number;
  /** One line a layer: `Layer 1 · rnn tanh · 16 units`. */
  readonly layers: readonly LayerInfo[];
  readonly output: {
    readonly size: number;
    readonly at: "every" | "last" | "ends";
    readonly activation: "softmax" | "sigmoid" | "linear" | "tanh";
  };
  readonly loss: { readonly type: string; readonly reduction: "sum" | "mean" } | null;
  readonly tracks: readonly TrackInfo[];
  readonly parameters: readonly ParameterInfo[];
  /** Where each phase's positions begin and end; a run's position counts operations done, 0…positions. */
  readonly phases: readonly { readonly phase: Phase; readonly from: number; readonly to: number }[];
  readonly positions: number;
  readonly epochs: number;
  readonly weights: ShownWeights;
  /** Of which side of the last training these weights are; null where of neither, and without one. */
  readonly trained: TrainedSide | null;
  /** 1, or after updates that the text does not have: one more each. */
  readonly round: number;
  /** What somebody may type as an input of his own, and whether an output can be the next input. */
  readonly typing: { readonly prompt: string; readonly canGoOn: boolean };
  /** NaN or ∞ somewhere: the first place, in words, or null. */
  readonly nonFinite: string | null;
  readonly settings: PanelSettings;
}

/** Whose weights are shown: the text's, those of a training that goes on after so many whole epochs, or those of before or after the last one. */
export type ShownWeights =
  | { readonly kind: "text" }
  | { readonly kind: "training"; readonly epoch: number }
  | { readonly kind: TrainedSide };

export type TrainedSide = "before" | "after";

export interface PanelSettings {
  /** Significant digits of numbers, 2…17. */
  readonly digits: number;
}

export type Phase = "start" | "forward" | "backward" | "update";

export interface LayerInfo {
  readonly title: string;
  /** H of one pass */
  readonly size: number;
  readonly passes: readonly ("forward" | "backward")[];
  /** Whether a step goes on from the one before it: a dense layer's does not. */
  readonly isRecurrent: boolean;
}

/** A symbol as it is typeset: base (`a^i` where it has a superscript), subscript, and `d` in front of it where it is dL/d(symbol). */
export interface Symbol {
  readonly base: string;
  readonly sub: string;
  readonly gradient: boolean;
}

/** One row of the time axis. */
export interface TrackInfo {
  /** `layers.0.h`, `layers.0.reverse.h`, `gradients.layers.0.h`, `loss`, `probability`, `output`, `gradients.layers.0.norm`. */
  readonly id: string;
  /** Tracks of a group stand and fold together: the layer's title, "Output", or "Gradients" (of a layer, where there are several). */
  readonly group: string;
  readonly symbol: Symbol;
  /** "gradient of the hidden state, forward pass" */
  readonly title: string;
  /** What the symbol and the group do not say: "hidden state", in a dozen letters or so. */
  readonly short: string;
  /**
   * heat: rows × T, colours by sign and size. bar: one number in 0…1 a step. number: one a step. log: one a step on a logarithmic axis.
   * flow: what flows along one of the stage's arrows, one number a step; it has no row of its own.
   */
  readonly kind: "heat" | "bar" | "number" | "log" | "flow";
  readonly rows: number;
  /**
   * Of a heat map the end of its colours, which run −scale…scale: 1 where its equation keeps it within, else the largest finite
   * |value| of its group's heat maps, so that one number has one colour. Of the others their own largest |value|.
   */
  readonly scale: number;
  /** signed: two hues, apart at 0. gate: one hue, from shut at 0 to open at 1. */
  readonly palette: "signed" | "gate";
  /** Smallest positive value, for a logarithmic axis. */
  readonly smallest: number;
  readonly phase: "forward" | "backward";
}

export interface ParameterInfo {
  /** `layers.0.Wxh` */
  readonly name: string;
  /** `Wxh` */
  readonly short: string;
  readonly group: string;
  readonly rank: 1 | 2;
  readonly rows: number;
  readonly cols: number;
  /** What its matrix is multiplied with: what the layer reads, its own state of the step before, or (in a read-out) h_t; null of a bias. */
  readonly reads: "input" | "hidden" | "state" | null;
  /** Names of the rows or columns where they are words: the vocabulary for an input matrix, labels for the read-out. */
  readonly rowNames: readonly string[] | null;
  readonly colNames: readonly string[] | null;
  /** Whether no update moves it. */
  readonly isFrozen: boolean;
}

/** Where the user stands: sent at each step. */
export interface Cursor {
  readonly position: number;
  readonly phase: Phase;
  /** 0 at the start and during the update. */
  readonly t: number;
  /** "t = 3 of 4, backward" */
  readonly text: string;
  /** The operations of the step that the cursor is in. */
  readonly operations: readonly OperationInfo[];
  /** One step on: also from the end of a run with an update, which leads to the next round. */
  readonly canStep: boolean;
  /** The run has not come to its end. */
  readonly canRun: boolean;
  readonly canStepBack: boolean;
  readonly playing: boolean;
  /** Steps a second. */
  readonly speed: number;
  /** By track: the steps whose values are known by now; absent where none is. What is outside is "not yet". */
  readonly known: Readonly<Record<string, readonly [from: number, to: number]>>;
  /** What belongs to the current step; null at the start. */
  readonly step: StepDetail | null;
  /** The parameters' gradients by now, and the update. */
  readonly parameters: readonly ParameterSummary[];
  /** L, once the forward pass has come to its end. */
  readonly loss: number | null;
  /** The operation done last with its numbers put in; null at the start. */
  readonly now: NowDetail | null;
  /** How the gradient of one weight piles up; null without targets. */
  readonly pile: PileDetail | null;
  /** What the update has brought; null before it has been made, and where a model is too large to run it again at once. */
  readonly after: AfterUpdate | null;
  /** Once the backward pass has come to its end: how ‖∂L/∂h_t‖ runs over time. */
  readonly gradientFlow: {
    readonly verdict: "vanishing" | "exploding" | "shrinking" | "growing" | "steady";
    readonly text: string;
  } | null;
}

/** One line that says where a number comes from. */
export interface NowDetail {
  /** The name by which it is explained. */
  readonly reference: string;
  /** `h_2 = tanh(a_2)`: typeset like an operation's equation. */
  readonly symbols: string;
  /** The name of the one number that stands in `numbers`, where the symbols are of a vector: `h_2[5]`; empty where they are of this one. */
  readonly entry: string;
  /** The same with its numbers put in, and what it comes to. */
  readonly numbers: readonly NowPiece[];
}

/** A piece of an equation in numbers: signs and brackets, or a number without its sign. */
export interface NowPiece {
  readonly text: string;
  /** Null where it is no number. */
  readonly value: number | null;
  /** The name by which the number is explained; null where it has none. */
  readonly reference: string | null;
}

/** The gradient of one weight as the backward pass adds it up, share by share. */
export interface PileDetail {
  /** `layers.0.Whh` */
  readonly parameter: string;
  readonly i: number;
  readonly j: number;
  /** `Whh[0][1]`, `Wxh[class]` */
  readonly symbol: string;
  /** The name by which the weight is explained. */
  readonly reference: string;
  readonly value: number;
  /** The shares by now, the first one added first; null of a run that is too long to look at them all. */
  readonly shares: readonly PileShare[] | null;
  /** Their sum; null before the first. */
  readonly sum: number | null;
  readonly sumReference: string | null;
  /** The sum is the whole gradient. */
  readonly isWhole: boolean;
  /** The weight after the update; null before it has been made. */
  readonly updated: number | null;
}

/** The share of one step, or of several that follow each other. */
export interface PileShare {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** The same sequence with the updated parameters. */
export interface AfterUpdate {
  readonly lossBefore: number;
  readonly loss: number;
  /** By step, t at index t − 1: the probability of its target (null where there are none), and its loss; NaN where it has none. */
  readonly probabilities: Float64Array | null;
  readonly losses: Float64Array;
  /** The step whose loss has changed most, and its outputs before and after. */
  readonly step: {
    readonly t: number;
    readonly target: string | null;
    readonly outputs: readonly {
      readonly label: string;
      readonly isTarget: boolean;
      readonly before: number;
      readonly after: number;
    }[];
  } | null;
}

export interface OperationInfo {
  readonly symbol: Symbol;
  readonly title: string;
  /** `a_3 = Wxh x_3 + Whh h_2 + bh` */
  readonly equation: string;
  readonly state: "done" | "current" | "ahead";
  /** The current operation's result, where it is a vector of the step; null where not. */
  readonly result: Float64Array | null;
  /** The name by which the result's entries are explained, without their index; null where there is no result. */
  readonly reference: string | null;
}

export interface StepDetail {
  readonly t: number;
  readonly input: string;
  readonly target: string | null;
  readonly layers: readonly PassDetail[];
  readonly output: OutputDetail | null;
}

/** One pass of one layer at the current step. A vector is null while it is not known yet. */
export interface PassDetail {
  readonly layer: number;
  readonly direction: "forward" | "backward";
  readonly title: string;
  readonly cell: string;
  readonly values: readonly NamedVector[];
  readonly gradients: readonly NamedVector[];
  /** What flows along the picture's arrows. */
  readonly flows: {
    /** What the layer reads: x_t or the h_t below. */
    readonly input: Flow;
    /** From the step before (in the pass's direction), and on to the step after. */
    readonly previous: Flow;
    readonly next: Flow;
    /** To the layer above or the read-out. */
    readonly above: Flow;
  };
  readonly picture: PictureDetail;
}

/** The cell's wiring, and what is on it: values, or in the backward phase gradients, which go against the arrows. */
export interface PictureDetail {
  readonly carries: "values" | "gradients";
  readonly nodes: readonly PictureNodeDetail[];
  readonly edges: readonly PictureEdgeDetail[];
  readonly exits: readonly PictureExit[];
}

/** `ahead`: not known yet; `active`: the current operation computes it. */
export type PictureState = "ahead" | "known" | "active";

export interface PictureNodeDetail {
  readonly id: string;
  readonly kind: "input" | "state" | "gate" | "operator";
  /** Place in a grid, fractions allowed; time runs to the right, also in a pass that runs backward. */
  readonly column: number;
  readonly row: number;
  /** `σ`, `×`; empty where there is none. */
  readonly sign: string;
  /** What its number is of; null for an operator on the way. */
  readonly symbol: Symbol | null;
  /** Its number is a part only of the symbol's: of dL/dh_{t−1}, what comes back from this step. */
  readonly isPart: boolean;
  /** "forget gate" */
  readonly title: string;
  /** `f_3 = σ(Wxf x_3 + Whf h_2 + bf)`; empty where there is none. */
  readonly equation: string;
  /** Null while it is not known, and where `text` says it. */
  readonly number: PictureNumber | null;
  /** A token. */
  readonly text: string | null;
  readonly state: PictureState;
}

/** One number for a vector: of one unit its own, else the mean of its units (gates) or its norm ‖·‖. */
export interface PictureNumber {
  readonly value: number;
  readonly measure: "itself" | "mean" | "norm";
  /** The name by which it is explained; null where it is no one number of the run. */
  readonly reference: string | null;
}

export interface PictureEdgeDetail {
  readonly from: string;
  readonly to: string;
  /** Its corners, in grid coordinates. */
  readonly via: readonly (readonly [column: number, row: number])[];
  readonly state: PictureState;
}

/** A line that leaves the cell: from a state on to the step after, or from h_t up to what reads it. */
export interface PictureExit {
  readonly node: string;
  readonly side: "next" | "above";
  /** Its corners, in grid coordinates; none where it is straight. */
  readonly via: readonly (readonly [column: number, row: number])[];
  /** "t = 4", "read-out", "layer 2" */
  readonly label: string;
  /** The gradient that comes back along it; null going forward. */
  readonly number: PictureNumber | null;
  readonly state: PictureState;
}

export interface NamedVector {
  readonly symbol: Symbol;
  readonly title: string;
  /** [H] */
  readonly data: Float64Array | null;
  /** The name by which its entries are explained, without their index: `layers.0.h@3`. */
  readonly reference: string;
}

/** Forward: the value that goes along the arrow; backward: the gradient that comes back along it. A vector of one is itself, a longer one its norm. */
export interface Flow {
  readonly forward: number | null;
  readonly backward: number | null;
  readonly isNorm: boolean;
  /** The current operation moves along this arrow, in this direction. */
  readonly active: "forward" | "backward" | null;
}

export interface OutputDetail {
  readonly activation: "softmax" | "sigmoid" | "linear" | "tanh";
  /** At most 12 outputs: all of them, or the largest and the target. */
  readonly outputs: readonly OutputEntry[];
  /** The rest: how many and, under softmax, the sum of their probabilities. */
  readonly others: { readonly count: number; readonly total: number | null } | null;
  readonly loss: number | null;
}

export interface OutputEntry {
  readonly index: number;
  readonly label: string;
  readonly logit: number | null;
  readonly output: number | null;
  /** Class target: 1 or 0; vector target: its entry; null without one. */
  readonly target: number | null;
  readonly isTarget: boolean;
  readonly dLogit: number | null;
}

export interface ParameterSummary {
  readonly name: string;
  /** ‖·‖ of the current step's share, of the sum so far; null while there is none, and where a model is too large to sum at every step. */
  readonly shareNorm: number | null;
  readonly sumNorm: number | null;
  /** The update has been made. */
  readonly updated: boolean;
  /** The name by which the entries of the sum so far are explained, without their indices; null while there is none. */
  readonly sumReference: string | null;
  /** What a token picks of an embedding at the current step, in words: "x_3 is row 2, cat"; null elsewhere. */
  readonly picked: string | null;
  /** Whether the whole gradient agrees with differences of the loss; null before it is complete, and where nobody checks. */
  readonly check: GradientVerdict | null;
}

/** How a gradient compares with central differences of the loss. */
export interface GradientVerdict {
  readonly kind: "computing" | "right" | "wrong" | "unchecked";
  /** `✓ 2e−10`, `✗ 3e−3`, `…` */
  readonly mark: string;
  /** The same in a sentence, with how many entries were compared. */
  readonly text: string;
}

// ---------------------------------------------------------------------------------------------- what the webview asks

export interface TrackWindow {
  readonly revision: number;
  readonly id: string;
  /** Steps from…to, both included. */
  readonly from: number;
  readonly to: number;
  /** At most so many columns and rows come back: a column is one step, or the smallest and the largest of several. */
  readonly columns: number;
  readonly rows: number;
  /** In which order the units of a layer's quantities stand; whatever is of no layer stays as it is. */
  readonly order: UnitOrder;
}

/** As the file has them, or the one with the most of something first, over the whole sequence: of h_t how often it is near its bounds, its mean, its variance; ∂L/∂h_t. */
export const unitOrders = ["file", "saturation", "mean", "variance", "gradient"] as const;
export type UnitOrder = (typeof unitOrders)[number];

/**
 * Of n steps in C columns, column k holds those from from + ⌊k·n/C⌋ up to, and without, from + ⌊(k+1)·n/C⌋; rows likewise.
 * Where no step of a column has a value, its min is ∞ and its max −∞.
 */
export interface TrackData {
  readonly columns: number;
  readonly rows: number;
  /** [rows × columns], row after row. Both alike where nothing was aggregated. A step that has no such number (no target, no read-out) has min = ∞, max = −∞. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Of rows in another order than the file's: which row of the file stands at each place [the track's rows]; else null. */
  readonly units: Int32Array | null;
}

export interface ParameterData {
  /** [rows × cols] each; null while not known. */
  readonly value: Float64Array;
  readonly share: Float64Array | null;
  readonly sum: Float64Array | null;
  readonly updated: Float64Array | null;
}

/** Where a number comes from, one level deep. Each of its parts can be asked for in turn, down to the file. */
export type DerivationDetail =
  | {
      readonly kind: "known";
      /** The number's name: `layers.0.h@2[0]`. */
      readonly reference: string;
      readonly symbol: SymbolText;
      /** "hidden state at t = 2" */
      readonly title: string;
      readonly value: number;
      /** The value as the equation writes it. */
      readonly number: string;
      /** The equation in LaTeX: in symbols, in numbers, worked out; a line each. Null for what nothing computes. */
      readonly equation: string | null;
      /** The whole equation for the clipboard. */
      readonly copies: Readonly<Record<CopyFormat, string>>;
      readonly note: string | null;
      /** The numbers in the equation: of a long sum those of its largest terms. */
      readonly parts: readonly DerivationPart[];
      /** How many terms of a long sum come after these. */
      readonly more: number;
      /** Where the file gives it: `layers[0].Whh[0][0]`; null where it does not. */
      readonly place: string | null;
      /** What the author has in its place; null where that is right, or nothing. */
      readonly written: WrittenNumber | null;
    }
  /** It has not been computed where the user stands. */
  | { readonly kind: "notYet"; readonly reference: string; readonly symbol: SymbolText; readonly title: string }
  /** The run has no such number, or has it no longer. */
  | { readonly kind: "gone"; readonly reference: string; readonly reason: string };

/** A wrong number of the author's, beside the right one. */
export interface WrittenNumber {
  /** As he writes it. */
  readonly number: string;
  /** What explains it, or may: a sentence without its last point. */
  readonly says: string | null;
  /** The term or factor that makes the difference: the symbols of its numbers, and what he has done to it. */
  readonly differing: { readonly symbols: readonly string[]; readonly how: string } | null;
}

/** How much is covered where somebody predicts what comes next. */
export const coverings = ["states", "operations", "gradients"] as const;
export type Covered = (typeof coverings)[number];

/** What is asked for next. */
export interface ToForetell {
  readonly symbol: Symbol;
  /** What it is, in words. */
  readonly title: string;
  readonly t: number;
  /** How many numbers are asked for, the first ones of so many. */
  readonly count: number;
  readonly of: number;
}

/** What somebody has foretold, beside what it is. */
export interface Foretold {
  readonly symbol: Symbol;
  readonly numbers: readonly {
    readonly typed: number;
    readonly right: number;
    readonly nearness: "right" | "close" | "wrong";
    /** In how many of its first digits a close one is right. */
    readonly digits: number;
    /** The slip that explains a wrong one, or what it may be. */
    readonly says: string | null;
  }[];
}

export type CopyFormat = "latex" | "markdown" | "text";

export interface SymbolText {
  readonly latex: string;
  readonly text: string;
}

export interface DerivationPart {
  /** Null where nothing is behind it. */
  readonly reference: string | null;
  readonly symbol: SymbolText;
  readonly title: string;
  readonly value: number;
  readonly number: string;
  /** Nothing computes it: an input, a parameter, a setting. */
  readonly isGiven: boolean;
  /** Where the file gives it, where it does. */
  readonly place: string | null;
}

/** Each a command of the palette too. */
export type StepperCommand =
  | "step"
  | "stepBack"
  | "stepInto"
  | "stepIntoBack"
  | "stepOut"
  | "runToEnd"
  | "runToStart"
  | "togglePlay"
  | "restart"
  | "goToStep"
  | "train"
  | "cancelTraining"
  | "predict"
  | "compareWith"
  | "runInChunks"
  | "keepUpdate"
  | "showText";

/** What a key that is held down repeats. */
export type RepeatedCommand = "step" | "stepBack" | "stepInto" | "stepOut";

export interface Requests {
  /** The webview is there; the answer is what to show. */
  ready: {
    params: Record<string, never>;
    result: { state: PanelState; training: TrainingSoFar; comparison: ComparisonState };
  };
  command: { params: { command: StepperCommand }; result: null };
  /** The command of a key that is held down, as often as the key has come since the request before. Answered once it is done. */
  repeat: { params: { command: RepeatedCommand; times: number }; result: null };
  /** To step t of the phase in which the user stands (of the forward phase at the start). */
  goTo: { params: { t: number }; result: null };
  /** Somebody points at a number: what it is made of lights up in the text, where that gives it. */
  light: { params: { revision: number; references: readonly string[] }; result: null };
  /** To a phase: its step t where it has one, else where it begins; the update, where it is done. */
  goToPhase: { params: { phase: Phase; t: number }; result: null };
  /** Which weight's shares pile up: a parameter's entry by its name, or null for the one with the largest gradient. */
  choosePile: { params: { revision: number; reference: string | null }; result: null };
  /** The line for a number that somebody points at; null where it is not known where the user stands. */
  now: { params: { revision: number; reference: string }; result: NowDetail | null };
  /** Steps through what somebody has typed, as a sequence beside those of the file. `error` says what is wrong with it. */
  tryInputs: { params: { text: string }; result: { error: string | null } };
  /** The same with one of the outputs at its end: its index and its value. */
  takeNext: { params: { text: string; index: number; value: number }; result: { text: string; error: string | null } };
  /** What comes next of what is covered; null where nothing does. */
  toForetell: { params: { revision: number }; result: ToForetell | null };
  /** Somebody has foretold it: it is shown. `error` says what is wrong with the text. */
  foretell: { params: { revision: number; text: string }; result: { foretold: Foretold | null; error: string | null } };
  /** Shows the run with the weights of before or after the last training; the text stays as it is. */
  showTrained: { params: { side: TrainedSide }; result: null };
  selectSequence: { params: { index: number }; result: null };
  setSpeed: { params: { speed: number }; result: null };
  tokens: {
    params: { revision: number; from: number; to: number };
    result: { inputs: string[]; targets: (string | null)[] };
  };
  track: { params: TrackWindow; result: TrackData };
  parameter: { params: { revision: number; name: string }; result: ParameterData };
  /** Somebody looks at the gradients of this run: they are checked, and the cursor's parameters say what comes out. */
  checkGradients: { params: { revision: number }; result: null };
  /** Where a number comes from. Of long sums: `count` terms after the first `offset`; without them the largest few. */
  explain: {
    params: { revision: number; reference: string; offset?: number; count?: number };
    result: DerivationDetail;
  };
  /** Selects the place in the text that gives a number. */
  showPlace: { params: { revision: number; reference: string }; result: null };
  /** The curves of one unit of a compared quantity, or of an output in pieces. */
  comparisonCurves: { params: { id: number; quantity: number; unit: number }; result: ComparisonCurves };
  /** Changes the text so that it computes as the other program does. */
  takeOver: { params: { id: number }; result: null };
  copy: { params: { text: string }; result: null };
  /** Puts the text editor's cursor on an error. */
  openError: { params: { line: number; column: number }; result: null };
  /** The panel is presented: its group takes the place of all others, or gives it back. */
  present: { params: Record<string, never>; result: null };
  /** A file that somebody has dropped on the panel: a model file is shown, a table or a text made into one, one of other software imported. */
  openDropped: { params: { uri: string }; result: null };
  /** Something went wrong in the webview: the host writes it to the output channel. */
  report: { params: { message: string; stack: string }; result: null };
}

export type RequestName = keyof Requests;

export interface RequestMessage<N extends RequestName = RequestName> {
  readonly type: "request";
  readonly id: number;
  readonly name: N;
  readonly params: Requests[N]["params"];
}

export type ResponseMessage =
  | { readonly type: "response"; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly type: "response"; readonly id: number; readonly ok: false; readonly error: string };

// ---------------------------------------------------------------------------------------------- what the host tells

export type TrainingState =
  | { readonly kind: "idle" }
  | {
      readonly kind: "running" | "done" | "cancelled";
      readonly epochs: number;
      readonly last: EpochNumbers | null;
      readonly secondsLeft: number | null;
    }
  | { readonly kind: "failed"; readonly message: string; readonly epochs: number; readonly last: EpochNumbers | null };

/** The last epoch that has been done, and its numbers. */
export interface EpochNumbers {
  /** 1… */
  readonly epoch: number;
  readonly loss: number;
  readonly gradientNorm: number;
}

/** What is measured after each epoch where sequences are held back; the accuracies where outputs are classes. */
export const measures = ["validationLoss", "accuracy", "validationAccuracy"] as const;
export type Measure = (typeof measures)[number];

/** A training run as far as it has come. */
export interface TrainingSoFar {
  /** Another number for each run; 0 where there has been none. */
  readonly run: number;
  readonly training: TrainingState;
  readonly loss: CurveData;
  readonly gradientNorm: CurveData;
  /** Of what is measured. */
  readonly measured: Readonly<Partial<Record<Measure, CurveData>>>;
  /** The losses of the runs before it, the last one first. */
  readonly earlier: readonly CurveData[];
  /** Of how many sequences the loss is the mean. */
  readonly sequences: number;
}

/** What has come to a run since the webview was told of its first `from` epochs: one number an epoch. */
export interface TrainingProgress {
  readonly run: number;
  /** Of how many sequences the loss is the mean. */
  readonly sequences: number;
  readonly training: TrainingState;
  readonly from: number;
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  readonly measured: Readonly<Partial<Record<Measure, Float64Array>>>;
}

/**
 * Where the user stands is the host's to say. So that a step is on the screen at once, it also says ahead of time where a step on and
 * a step back would lead: the webview shows that as soon as it asks for the step, and then takes what the host says.
 *
 * Both sides keep the same few cursors by position: a `state` leaves none, a `cursor` itself alone, an `ahead` those of the place
 * and its two neighbours. `performed` is the id of the last `command` that has been done when the host says so: what was said
 * before a command was done does not undo what the webview shows of it already.
 */
export type PanelEvent =
  | { readonly type: "state"; readonly state: PanelState }
  /** A step within the run that the webview shows. */
  | { readonly type: "cursor"; readonly revision: number; readonly performed: number; readonly cursor: Cursor }
  /** The same, to a position whose cursor the webview has. */
  | { readonly type: "moved"; readonly revision: number; readonly performed: number; readonly position: number }
  /** Where `step` and `stepBack` would lead from a position, null where nowhere, and those of their cursors that the webview lacks. */
  | {
      readonly type: "ahead";
      readonly revision: number;
      readonly position: number;
      readonly step: number | null;
      readonly stepBack: number | null;
      readonly cursors: readonly Cursor[];
    }
  | ({ readonly type: "training" } & TrainingProgress)
  /** Something has been compared, or what was is no longer so. */
  | { readonly type: "comparison"; readonly comparison: ComparisonState }
  | PanelWish;

/** What somebody wants of the panel who is outside of it: in the text where a number comes from, in the palette a mode on or off. */
export type PanelWish =
  | { readonly type: "explain"; readonly reference: string }
  | { readonly type: "mode"; readonly mode: "foretell" | "present" };

export type HostMessage = ResponseMessage | PanelEvent;

// ---------------------------------------------------------------------------------------------- guards

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const isNumber = (value: unknown) => typeof value === "number";
const isString = (value: unknown) => typeof value === "string";

/** The parameters that each request must have. A message that lacks one is not a request. */
const parameterChecks: { [N in RequestName]: { [K in keyof Requests[N]["params"]]-?: (value: unknown) => boolean } } = {
  ready: {},
  command: { command: isString },
  repeat: { command: isString, times: isNumber },
  goTo: { t: isNumber },
  goToPhase: { phase: isString, t: isNumber },
  choosePile: { revision: isNumber, reference: (value) => value === null || isString(value) },
  now: { revision: isNumber, reference: isString },
  light: { revision: isNumber, references: (value) => Array.isArray(value) && value.every(isString) },
  tryInputs: { text: isString },
  takeNext: { text: isString, index: isNumber, value: isNumber },
  toForetell: { revision: isNumber },
  foretell: { revision: isNumber, text: isString },
  showTrained: { side: (value) => value === "before" || value === "after" },
  selectSequence: { index: isNumber },
  setSpeed: { speed: isNumber },
  tokens: { revision: isNumber, from: isNumber, to: isNumber },
  track: {
    revision: isNumber,
    id: isString,
    from: isNumber,
    to: isNumber,
    columns: isNumber,
    rows: isNumber,
    order: isString,
  },
  parameter: { revision: isNumber, name: isString },
  checkGradients: { revision: isNumber },
  explain: {
    revision: isNumber,
    reference: isString,
    offset: (value) => value === undefined || isNumber(value),
    count: (value) => value === undefined || isNumber(value),
  },
  showPlace: { revision: isNumber, reference: isString },
  comparisonCurves: { id: isNumber, quantity: isNumber, unit: isNumber },
  takeOver: { id: isNumber },
  copy: { text: isString },
  openError: { line: isNumber, column: isNumber },
  present: {},
  openDropped: { uri: isString },
  report: { message: isString, stack: isString },
};

/** Messages from the webview are checked before use. */
export function isRequestMessage(value: unknown): value is RequestMessage {
  if (!isRecord(value) || value["type"] !== "request" || !isNumber(value["id"]) || !isString(value["name"]))
    return false;
  const { name, params } = value;
  if (typeof name !== "string" || !Object.hasOwn(parameterChecks, name) || !isRecord(params)) return false;
  const checks: Record<string, (value: unknown) => boolean> = parameterChecks[name as RequestName];
  return Object.entries(checks).every(([key, check]) => check(params[key]));
}

export function isHostMessage(value: unknown): value is HostMessage {
  return (
    isRecord(value) &&
    ["response", "state", "cursor", "moved", "ahead", "training", "comparison", "explain", "mode"].includes(
      String(value["type"]),
    )
  );
}
