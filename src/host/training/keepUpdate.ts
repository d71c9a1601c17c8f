import { parametersOf } from "../../engine/model";
import { say } from "../say";
import type { Session } from "../session/session";
import type { Sessions } from "../session/sessions";
import { writeParameters } from "./writeParameters";

/** Writes the parameters of the round, after its update where that has been made, into the text: one edit that undo takes back. */
export async function keepUpdate(sessions: Sessions, session: Session): Promise<boolean> {
  const { stepper, document } = session;
  const problem = (await session.whenUpToDate())?.problem;
  const isUpdated = stepper !== null && stepper.phase === "update" && stepper.isAtEnd;
  if (!stepper || !problem || (!isUpdated && session.round === 1)) {
    void say.information("There is no update to keep: step through the backward pass first.");
    return false;
  }
  const parameters = isUpdated ? stepper.updatedParameters() : parametersOf(stepper.run.model);
  const origin = { uri: document.uri, text: document.getText(), parameters: parametersOf(problem.model) };
  // The new text is stepped through from its start: what is kept has been stepped through to its end
  session.beginAnew();
  return writeParameters(sessions, parameters, origin);
}
