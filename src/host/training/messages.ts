/** What the extension host and the worker thread say to each other. All of it is plain data. */
import type { Compared } from "../../check/compared";
import type { Findings } from "../../check/diagnosis/diagnose";
import type { Evaluation } from "../../engine/evaluate";
import type { Checked, GradientCheck, ParameterCheck } from "../../engine/gradientCheck";
import type { Problem, Sequence } from "../../engine/model";
import type { Generation, Prediction } from "../../engine/predict";
import type { NamedTensors } from "../../engine/tensor";
import type { TrainingEnd } from "../../engine/train";
import type { Expect, ExpectedNumber } from "../../format/read";
import type { Measure } from "../../protocol/panel";

/** One thread does one task and ends. */
export type Task =
  | { readonly kind: "train"; readonly problem: Problem }
  | { readonly kind: "check"; readonly problem: Problem; readonly expect: Expect | null }
  | { readonly kind: "expectations"; readonly problem: Problem; readonly expect: Expect }
  /** Some numbers of somebody's, each by itself. */
  | { readonly kind: "numbers"; readonly problem: Problem; readonly numbers: readonly ExpectedNumber[] }
  /** Of one sequence, against the gradients that somebody looks at; in a few seconds at most. */
  | { readonly kind: "gradients"; readonly checked: Checked }
  /** Parts of the problem's sequences, by their indices. */
  | { readonly kind: "evaluate"; readonly problem: Problem; readonly parts: readonly (readonly number[])[] }
  | {
      readonly kind: "predict";
      readonly problem: Problem;
      /** A sequence of the file by its index, or one that somebody typed. */
      readonly of: number | Sequence;
      readonly generation: Generation | null;
    };

export interface TrainingOutcome {
  readonly end: TrainingEnd;
  /** Mean loss at the parameters that it ended with; null where nobody waited for it. */
  readonly lossAfter: number | null;
}

/** The author's numbers beside the engine's, and what explains those that are wrong. */
export interface ExpectationsOutcome extends Findings {
  readonly compared: Compared;
}

export interface CheckOutcome extends ExpectationsOutcome {
  readonly gradientCheck: GradientCheck;
}

/** What each task ends with; null where a check was cancelled. */
export interface Outcomes {
  readonly train: TrainingOutcome;
  readonly check: CheckOutcome | null;
  readonly expectations: ExpectationsOutcome;
  readonly numbers: Findings;
  readonly gradients: readonly ParameterCheck[] | null;
  readonly predict: Prediction;
  /** One a part; null where it was cancelled. */
  readonly evaluate: readonly Evaluation[] | null;
}

/** Epochs that follow each other: arrays of numbers cross over to another thread faster than objects. */
export interface Epochs {
  /** 1… */
  readonly first: number;
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  /** What is measured of them, as far as it is. */
  readonly measured: Readonly<Partial<Record<Measure, Float64Array>>>;
}

export interface Progress {
  readonly type: "progress";
  /** Of the whole task, 0…1. */
  readonly done: number;
  /** Those that ended since the last message; null in a task that has none. */
  readonly epochs: Epochs | null;
  /** Of a training, once they have been asked for: the weights of the moment. */
  readonly weights?: WeightsNow;
}

export interface WeightsNow {
  /** How many epochs have been done wholly. */
  readonly epoch: number;
  readonly parameters: NamedTensors;
}

export type FromWorker<Kind extends Task["kind"]> =
  | Progress
  | { readonly type: "outcome"; readonly outcome: Outcomes[Kind] }
  | { readonly type: "error"; readonly message: string; readonly stack: string };

/** Where memory cannot be shared, cancelling is a message, which the worker hears when it pauses. */
export interface ToWorker {
  readonly type: "cancel";
}

/** Places of the flags that both threads share: not 0 once the task is to stop, and while a training's weights are asked for. */
export const flagPlaces = { cancelled: 0, asked: 1 } as const;
