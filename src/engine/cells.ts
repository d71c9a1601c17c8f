import type { Cell } from "./cell";
import { gruCell } from "./gruCell";
import { lstmCell } from "./lstmCell";
import type { CellKind } from "./model";
import { rnnCell } from "./rnnCell";

/** Every cell that a file can name. */
export const cells: Readonly<Record<CellKind, Cell>> = { rnn: rnnCell, lstm: lstmCell, gru: gruCell };
