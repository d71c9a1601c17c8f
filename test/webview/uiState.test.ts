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
      trail: ["layers.0.h@2[0]", "layers.0.h@1[0]"],
      opened: ["layers.0.h@2[0] layers.0.h@1[0]"],
      copyFormat: "markdown" as const,
      unitOrder: "variance" as const,
    };
    assert.deepEqual(restoreUi(structuredClone(saved)), saved);
  });
  it("is as at first where nothing or nonsense was saved", () => {
    for (const saved of [undefined, null, 7, "tab", []]) assert.deepEqual(restoreUi(saved), initialUi);
    assert.deepEqual(
      restoreUi({
        tab: "weights",
        hidden: [1],
        trail: "h",
        copyFormat: "pdf",
        unitOrder: "size",
        view: { from: "a" },
        paneHeight: null,
      }),
      initialUi,
    );
  });
  it("toggles an entry of a list", () => {
    assert.deepEqual(toggled(["a", "b"], "a"), ["b"]);
    assert.deepEqual(toggled(["a"], "b"), ["a", "b"]);
  });
});
