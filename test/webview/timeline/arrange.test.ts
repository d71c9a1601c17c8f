import assert from "node:assert/strict";
import type { TrackInfo } from "../../../src/protocol/panel";
import { arrangeTracks, moveTrack } from "../../../webview/timeline/arrange";

const track = (id: string, group: string): TrackInfo => ({
  id,
  group,
  symbol: { base: id, sub: "t", gradient: false },
  title: id,
  short: id,
  kind: "heat",
  rows: 1,
  scale: 1,
  palette: "signed",
  smallest: 1,
  phase: "forward",
});
const tracks = [track("h", "Layer 1"), track("c", "Layer 1"), track("i", "Layer 1"), track("loss", "Output")];
const ids = (order: readonly string[]) => arrangeTracks(tracks, order).map((group) => group.tracks.map(({ id }) => id));

describe("the order of tracks", () => {
  it("is the host's at first, by group", () => assert.deepEqual(ids([]), [["h", "c", "i"], ["loss"]]));
  it("is the user's for what he moved, and a new track stays at its place", () => {
    assert.deepEqual(ids(["i", "h"]), [["i", "c", "h"], ["loss"]]);
  });
  it("forgets tracks that are no more", () => assert.deepEqual(ids(["gone", "c", "h"]), [["c", "h", "i"], ["loss"]]));
  it("changes by moving a track to the place of another", () => {
    assert.deepEqual(ids(moveTrack(tracks, [], "i", "h")), [["i", "h", "c"], ["loss"]]);
    assert.deepEqual(ids(moveTrack(tracks, moveTrack(tracks, [], "i", "h"), "i", "c")), [["h", "c", "i"], ["loss"]]);
  });
  it("does not mix groups", () => assert.deepEqual(moveTrack(tracks, ["c", "h"], "loss", "h"), ["c", "h"]));
});
