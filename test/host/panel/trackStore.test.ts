import assert from "node:assert/strict";
import { TrackStore, trackData } from "../../../src/host/panel/trackData";
import { tracksOf } from "../../../src/host/panel/tracks";
import { viewOf } from "./view";

const T = 60;
const stepperOf = (cell: string, size: number, length: number) =>
  viewOf(
    JSON.stringify({
      version: 1,
      inputSize: 1,
      layers: [{ cell, size }],
      output: { size: 1, at: "last" },
      loss: { type: "mse" },
      sequences: [{ inputs: Array.from({ length }, (_, k) => Math.sin(k)), target: 1 }],
    }),
  ).stepper;
const { run } = stepperOf("gru", 5, T);
const tracks = tracksOf(run);

function fill(store: TrackStore): TrackStore {
  for (let t = 1; t <= T; t++) {
    const step = run.at(t);
    for (const [k, track] of tracks.entries()) {
      const read = track.read(step);
      if (read !== null) store.put(k, t, typeof read === "number" ? Float64Array.of(read) : read);
    }
  }
  return store;
}

describe("The tracks of a run that does not stay in memory", () => {
  const window = { revision: 1, from: 3, to: 50 };

  it("are drawn alike from the store and from the run where every number fits", () => {
    const store = fill(new TrackStore(T, tracks, 1e6));
    assert.equal(store.stepsPerColumn, 1);
    for (const [k, track] of tracks.entries())
      for (const [columns, rows] of [
        [48, 5],
        [7, 2],
      ] as const) {
        const asked = { ...window, id: track.info.id, columns, rows };
        assert.deepEqual(trackData(run, store, track, k, asked), trackData(run, null, track, k, asked));
      }
  });

  it("keep every number within the drawn extremes where several steps share a column", () => {
    const rows = tracks.reduce((sum, { info }) => sum + info.rows, 0);
    const store = fill(new TrackStore(T, tracks, rows * 40));
    assert.equal(store.stepsPerColumn, 3);
    const asked = { revision: 1, id: "layers.0.h", from: 1, to: T, columns: 6, rows: 5 };
    const k = tracks.findIndex(({ info }) => info.id === asked.id);
    const track = tracks[k]!;
    const drawn = trackData(run, store, track, k, asked);
    const exact = trackData(run, null, track, k, asked);
    assert.deepEqual([drawn.columns, drawn.rows], [6, 5]);
    assert.ok(exact.min.every((low, i) => drawn.min[i]! <= low));
    assert.ok(exact.max.every((high, i) => drawn.max[i]! >= high));
    assert.ok(drawn.min.every((low, i) => Number.isFinite(low) && low <= drawn.max[i]!));
  });

  it("are read from the run again where a column of the picture is finer than the store", () => {
    const store = fill(new TrackStore(T, tracks, 1));
    const asked = { ...window, id: "layers.0.h", columns: 48, rows: 5 };
    const k = tracks.findIndex(({ info }) => info.id === asked.id);
    const track = tracks[k]!;
    assert.deepEqual(trackData(run, store, track, k, asked), trackData(run, null, track, k, asked));
  });

  it("of many steps of a large model are drawn in columns as wide as the stored ones, and computed again for few steps or many columns", () => {
    const length = 1100;
    const large = stepperOf("rnn", 700, length);
    const of = tracksOf(large.run);
    const rows = of.reduce((sum, { info }) => sum + info.rows, 0);
    const store = new TrackStore(length, of, 2 * rows * 275);
    assert.equal(store.stepsPerColumn, 4);
    const k = of.findIndex(({ info }) => info.id === "layers.0.h");
    const columnsOf = (to: number, columns: number) =>
      trackData(large.run, store, of[k]!, k, { revision: 1, id: "layers.0.h", from: 1, to, columns, rows: 5 }).columns;
    // What is stored serves from eight steps a column on.
    assert.equal(columnsOf(length, 100), 100);
    assert.equal(columnsOf(length, 200), 137);
    assert.equal(columnsOf(900, 200), 200);
    assert.equal(columnsOf(length, 600), 600);
  });
});
