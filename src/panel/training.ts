import type { Event } from "vscode";
import type { TrainingState } from "../protocol/panel";
import type { Session } from "../session/session";

/** What the panel shows of training. */
export interface TrainingSource {
  of(session: Session): TrainingState;
  readonly onDidChange: Event<Session>;
}
