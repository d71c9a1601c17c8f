import { finish } from "../../../src/engine/run";
import { RunView } from "../../../src/host/panel/present";
import type { Cursor, TrackData } from "../../../src/protocol/panel";
import { Stepper } from "../../../src/stepper/stepper";
import { readText } from "../../files";

/** A stepper on a sequence of a text, and the view of it. */
export function viewOf(text: string, sequence = 0): { stepper: Stepper; view: RunView } {
  const stepper = new Stepper(readText(text).problem, sequence);
  return { stepper, view: finish(RunView.build(stepper, 7)) };
}

export function cursorOf(view: RunView): Cursor {
  return view.cursor({ playing: false, speed: 2 }, 4);
}

/** A whole track as it is, without any aggregation. */
export function wholeTrack(view: RunView, id: string): TrackData {
  const info = view.info({ digits: 4 });
  const track = info.tracks.find((one) => one.id === id);
  if (!track) throw new Error(`no track ${id}`);
  return view.track({
    revision: 7,
    id,
    from: 1,
    to: info.length,
    columns: info.length,
    rows: track.rows,
    order: "file",
  });
}
