import { strict as assert } from "node:assert";
import { extensions } from "vscode";

describe("The extension in VS Code", () => {
  it("is known as unroll.unroll-rnn", () => {
    assert.ok(extensions.getExtension("unroll.unroll-rnn"));
  });

  it("activates without an error", async () => {
    const extension = extensions.getExtension("unroll.unroll-rnn");
    await extension?.activate();
    assert.equal(extension?.isActive, true);
  });
});
