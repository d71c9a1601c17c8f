import type { OptimizerSettings, OptimizerType, Schedule, TrainingSettings } from "../engine/model";
import type { Draft } from "./draft";
import type { RnnFile } from "./file.generated";
import { bad } from "./parse";
import type { ModelFacts } from "./readModel";
import type { Report } from "./report";

type DraftTraining = Exclude<Draft<NonNullable<RnnFile["training"]>>, typeof bad>;

/** PyTorch's defaults; what a type does not read has the value that changes nothing, or PyTorch's elsewhere. */
const common = {
  learningRate: 0.01,
  momentum: 0,
  nesterov: false,
  beta1: 0.9,
  beta2: 0.999,
  alpha: 0.99,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** What an optimizer has where the file does not say. */
export const optimizerDefaults: Readonly<Record<OptimizerType, OptimizerSettings>> = {
  sgd: { type: "sgd", ...common },
  adagrad: { type: "adagrad", ...common, epsilon: 1e-10 },
  rmsprop: { type: "rmsprop", ...common },
  adam: { type: "adam", ...common, learningRate: 1e-3 },
  adamw: { type: "adamw", ...common, learningRate: 1e-3, weightDecay: 0.01 },
};

/**
 * Reads how to train and fills in the defaults.
 * @param hasValidation whether there is something to watch the training on
 * @returns null where something has been reported, here or before
 */
export function readTraining(
  draft: Draft<NonNullable<RnnFile["training"]>> | undefined,
  facts: ModelFacts,
  hasValidation: boolean,
  report: Report,
): TrainingSettings | null {
  if (draft === bad) return null;
  const training = draft ?? {};
  const optimizer = readOptimizer(training, report);
  const truncate = training.truncate ?? null;
  if (truncate !== null && truncate !== bad) {
    const backward =
      facts.layers?.findIndex((layer) => layer.direction === "backward" || layer.direction === "both") ?? -1;
    if (backward >= 0)
      report.error(
        "truncate",
        ["training", "truncate"],
        `truncate cuts the sequence into chunks, but layers[${backward}] reads it backward, from its end: expected no truncate, or forward layers alone`,
      );
  }
  const stop = training.stop ?? null;
  if (training.schedule !== bad && training.schedule?.type === "plateau" && !hasValidation)
    report.error(
      "validation",
      ["training", "schedule"],
      'plateau waits for the validation loss, and the file has no "validation": expected one beside training',
    );
  if (stop !== null && !hasValidation)
    report.error(
      "validation",
      ["training", "stop"],
      'stop waits for the validation loss, and the file has no "validation": expected one beside training',
    );
  const clip = training.clip ?? null;
  const schedule = readSchedule(training.schedule);
  if (optimizer === null || clip === bad || truncate === bad || schedule === undefined) return null;
  const {
    epochs = 100,
    batchSize = 1,
    batchReduction = "sequences",
    shuffle = false,
    seed = 0,
    precision = "float64",
  } = training;
  if (epochs === bad || batchSize === bad || shuffle === bad || seed === bad || precision === bad) return null;
  if (stop === bad || stop?.patience === bad) return null;
  if (batchReduction === bad) return null;
  if (truncate !== null && batchReduction === "targets")
    report.error(
      "truncate",
      ["training", "batchReduction"],
      'batchReduction is "targets", which divides by all targets of the batch, but truncate makes an update of each chunk: expected one of the two',
    );
  if (clip !== null && (clip.type === bad || clip.at === bad || clip.type === undefined || clip.at === undefined))
    return null;
  return {
    optimizer,
    schedule,
    epochs,
    batchSize,
    batchReduction,
    shuffle,
    seed,
    clip: clip && { type: clip.type as "norm" | "value", at: clip.at as number },
    truncate,
    ...(stop?.patience !== undefined && { stop: { patience: stop.patience } }),
    precision,
  };
}

/** `undefined` where it is wrong. */
function readSchedule(draft: DraftTraining["schedule"]): Schedule | null | undefined {
  if (draft === undefined || draft === null) return null;
  if (draft === bad || Object.values(draft).includes(bad)) return undefined;
  const { type, every, factor, epochs, floor, patience } = draft as Partial<Record<string, number>> & {
    type?: Schedule["type"];
  };
  switch (type) {
    case "step":
      return every === undefined ? undefined : { type, every, factor: factor ?? 0.1 };
    case "exponential":
      return factor === undefined ? undefined : { type, factor };
    case "cosine":
      return epochs === undefined ? undefined : { type, epochs, floor: floor ?? 0 };
    case "plateau":
      return { type, factor: factor ?? 0.1, patience: patience ?? 10 };
    case undefined:
      return undefined;
  }
}

function readOptimizer(training: DraftTraining, report: Report): OptimizerSettings | null {
  if (training.optimizer === bad) return null;
  const given = training.optimizer ?? {};
  const { type = "sgd", momentum = 0, nesterov = false } = given;
  if (type === "sgd" && nesterov === true && momentum === 0)
    report.error(
      "nesterov",
      ["training", "optimizer", "nesterov"],
      "nesterov looks ahead along the momentum, but momentum is 0: expected a momentum above 0",
    );
  if (type === bad || Object.values(given).includes(bad)) return null;
  return { ...optimizerDefaults[type], ...(given as Partial<OptimizerSettings>) };
}
