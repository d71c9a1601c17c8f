import type { Cell } from "./cell";
import { gruCell } from "./gruCell";
import { lstmCell } from "./lstmCell";
import { rnnCell } from "./rnnCell";

const byKind = {
  rnn: rnnCell,
  lstm: lstmCell,
  gru: gruCell,
};

/** Every cell that a file can name. */
export const cells: Readonly<Record<keyof typeof byKind, Cell>> = byKind;
