import assert from "node:assert/strict";

/**
 * Every number of a golden is found in what a program prints, within `relative`, or a hundredth of that absolutely.
 * What a golden does not have is not compared.
 */
export function assertAgrees(actual: unknown, golden: unknown, relative: number, path = "$"): void {
  if (typeof golden === "number") {
    assert.equal(typeof actual, "number", `${path} is ${String(actual)}, expected ${golden}`);
    const difference = Math.abs((actual as number) - golden);
    const allowed = Math.max(relative * Math.abs(golden), relative / 100);
    assert.ok(difference <= allowed, `${path} is ${String(actual)}, expected ${golden}`);
    return;
  }
  if (Array.isArray(golden)) {
    assert.ok(Array.isArray(actual), `${path} is no array`);
    assert.equal(actual.length, golden.length, `${path} has another length`);
    golden.forEach((entry, k) => assertAgrees(actual[k], entry, relative, `${path}.${k}`));
    return;
  }
  if (typeof golden === "object" && golden !== null) {
    assert.ok(typeof actual === "object" && actual !== null, `${path} is ${String(actual)}`);
    for (const [key, entry] of Object.entries(golden))
      assertAgrees((actual as Record<string, unknown>)[key], entry, relative, `${path}.${key}`);
    return;
  }
  assert.equal(actual, golden, path);
}
