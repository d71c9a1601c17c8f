/** The cursors that the host has told of, by position, and where it has said ahead of time that a step leads. */

import type { Cursor, PanelEvent, StepperCommand } from "../src/protocol/panel";

type Ahead = Extract<PanelEvent, { type: "ahead" }>;

export class Foreseen {
  private held = new Map<number, Cursor>();
  private ahead: Ahead | null = null;

  clear(): void {
    this.held.clear();
    this.ahead = null;
  }

  /** The host has sent this cursor: it will name no other by its position alone. */
  tell(cursor: Cursor): void {
    this.held = new Map([[cursor.position, cursor]]);
    this.ahead = null;
  }

  hold(ahead: Ahead): void {
    const { position, step, stepBack, cursors } = ahead;
    const all = new Map([...this.held, ...cursors.map((cursor) => [cursor.position, cursor] as const)]);
    this.held = new Map([...all].filter(([at]) => at === position || at === step || at === stepBack));
    this.ahead = ahead;
  }

  /** The cursor at a position, where the host has sent it. */
  at(position: number): Cursor | null {
    return this.held.get(position) ?? null;
  }

  /** Where a command leads from a position of a run; null where the host has not said it. */
  after(command: StepperCommand, revision: number, position: number): Cursor | null {
    const { ahead } = this;
    if (ahead?.revision !== revision || ahead.position !== position) return null;
    if (command !== "step" && command !== "stepBack") return null;
    const to = ahead[command];
    return to === null ? null : this.at(to);
  }
}
