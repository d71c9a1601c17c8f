// What protocol.py says, for the peers that are written in JavaScript. They are found in the folder that UNROLL_PEERS names.

import { createRequire } from "node:module";
import * as path from "node:path";
import { createInterface } from "node:readline";

/** Loads a package of the peers' folder, or ends with a line that says why not. */
export function peerPackage(name) {
  const folder = process.env.UNROLL_PEERS;
  if (!folder) {
    console.error("Error: UNROLL_PEERS names no folder");
    process.exit(1);
  }
  const load = createRequire(path.join(path.resolve(folder), "package.json"));
  return { exports: load(name), version: load(`${name}/package.json`).version };
}

function unpack({ type, shape, data }) {
  const { buffer } = Uint8Array.from(Buffer.from(data, "base64"));
  return { shape, values: type === "<i4" ? new Int32Array(buffer) : new Float64Array(buffer) };
}

function pack({ shape, values }) {
  const { buffer } = Float64Array.from(values);
  return { type: "<f8", shape, data: Buffer.from(buffer).toString("base64") };
}

const mapValues = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/**
 * Answers until standard input ends.
 * @param make makes a training of a workload: `update()` gives the loss before it, `parameters()` what it has trained so far
 */
export async function serve(about, make) {
  let request = null;
  let training = null;
  let updates = 1;

  function answer(asked) {
    switch (asked.do) {
      case "about":
        return about;
      case "load": {
        const [inputs, targets] = [unpack(asked.inputs), unpack(asked.targets)];
        request = { ...asked, parameters: mapValues(asked.parameters, unpack), inputs, targets };
        training = make(request);
        updates = 1;
        return {};
      }
      case "check": {
        const checked = make(request);
        let loss = 0;
        for (let k = 0; k < asked.updates; k++) loss += checked.update() / asked.updates;
        return { loss, parameters: mapValues(checked.parameters(), pack) };
      }
      case "batch": {
        const made = updates;
        const start = performance.now();
        for (let k = 0; k < made; k++) training.update();
        const seconds = (performance.now() - start) / 1000;
        updates = Math.max(1, Math.round((made * asked.milliseconds) / 1000 / seconds));
        return { updates: made, seconds };
      }
      default:
        throw new Error(`there is nothing that is called ${asked.do}`);
    }
  }

  for await (const line of createInterface(process.stdin)) {
    let answered;
    try {
      answered = answer(JSON.parse(line));
    } catch (error) {
      answered = { error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answered)}\n`);
  }
}
