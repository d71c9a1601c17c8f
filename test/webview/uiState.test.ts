import assert from "node:assert/strict";
import { initialUi, restoreUi, toggled } from "../../webview/uiState";

describe("what is kept about the view", () => {
  it("comes back as it was saved", () => {
    const saved = {
      ...initialUi,
      tab: "training" as const,
      hidden: ["loss"],
      view: { from: 3, span: 8 },
      paneHeight: 240,
      logAxis: true,
    };
    assert.deepEqual(restoreUi(structuredClone(saved)), saved);
  });
  it("is as at first where nothing or nonsense was saved", () => {
    for (const saved of [undefined, null, 7, "tab", []]) assert.deepEqual(restoreUi(saved), initialUi);
    assert.deepEqual(restoreUi({ tab: "explain", hidden: [1], view: { from: "a" }, paneHeight: null }), initialUi);
  });
  it("toggles an entry of a list", () => {
    assert.deepEqual(toggled(["a", "b"], "a"), ["b"]);
    assert.deepEqual(toggled(["a"], "b"), ["a", "b"]);
  });
});
