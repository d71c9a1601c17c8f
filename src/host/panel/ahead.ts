/** What the webview has been told, and what it is told ahead of time, so that a step need not wait for an answer. */

import type { Cursor, PanelEvent } from "../../protocol/panel";
import { Stepper } from "../../stepper/stepper";

type Ahead = Extract<PanelEvent, { type: "ahead" }>;

/** The cursors of one run that the webview has, by position: where the user stands, and a step on and back. */
export class CursorsHeld {
  private held = new Map<number, Cursor>();
  /** What the cursors depend on beside the position. */
  private facts = "";
  /** Walks where the user may go next; the user's own stepper stays where it is. */
  private readonly scout: Stepper;

  constructor(private readonly stepper: Stepper) {
    this.scout = new Stepper(stepper.problem, stepper.sequenceIndex, stepper.run);
  }

  /** The webview has forgotten all. */
  clear(): void {
    this.held.clear();
  }

  /** Whether the webview has the cursor of the stepper's place as it would be made now. */
  hasCurrent(facts: string): boolean {
    return this.facts === facts && this.held.has(this.stepper.position);
  }

  /** The webview is told of this cursor, and keeps no other. */
  tell(cursor: Cursor, facts: string): void {
    this.held = new Map([[cursor.position, cursor]]);
    this.facts = facts;
  }

  /**
   * What to tell ahead: a step on and a step back from where the stepper stands.
   * @param facts  what cursors depend on beside their position
   * @param cursor makes the cursor of the place at which a stepper stands
   */
  ahead(revision: number, facts: string, cursor: (stepper: Stepper) => Cursor): Ahead {
    const { position } = this.stepper;
    if (this.facts !== facts) this.clear();
    this.facts = facts;
    const cursors: Cursor[] = [];
    const before = this.held.get(position);
    const kept = new Map(before ? [[position, before]] : []);
    const lookAt = (move: (scout: Stepper) => void): number | null => {
      this.scout.moveTo(position);
      move(this.scout);
      const there = this.scout.position;
      if (there === position) return null;
      let found = this.held.get(there);
      if (!found) {
        found = cursor(this.scout);
        cursors.push(found);
      }
      kept.set(there, found);
      return there;
    };
    const step = lookAt((scout) => scout.step());
    const stepBack = lookAt((scout) => scout.stepBack());
    this.held = kept;
    return { type: "ahead", revision, position, step, stepBack, cursors };
  }
}
