import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";

/** Which file, and which of its sequences, a command is about. Lenses and menus name them; the palette and keys do not. */
export interface Target {
  readonly session: Session;
  readonly sequence: number | null;
}

/** The file that a command was given, else the one that is active; null, after saying what to do, where there is none. */
export async function targetOf(sessions: Sessions, args: readonly unknown[]): Promise<Target | null> {
  const [uri, sequence] = args;
  const session = await sessions.meant(uri);
  if (session) return { session, sequence: typeof sequence === "number" ? sequence : null };
  void say.information("No model file is open. Open a .rnn.json file, or make one with “RNN: New Model File”.");
  return null;
}
