import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "../vscode/harness/paths";

/** Waits until `text` has a match in what the process prints. */
function printed(output: NodeJS.ReadableStream, text: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    output.on("data", (chunk: Buffer) => {
      all += chunk.toString();
      const found = text.exec(all)?.[0];
      if (found) resolve(found);
    });
    output.on("end", () => reject(new Error(`Found no ${text} in:\n${all}`)));
  });
}

describe("npm start", () => {
  it("serves VS Code at the address that it prints, and stops at Ctrl-C", async () => {
    const env = { ...process.env, UNROLL_NO_BROWSER: "1" };
    const start = spawn(process.execPath, ["--import=tsx", "test/vscode/start.ts"], {
      cwd: repository,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const address = await printed(start.stdout, /http:\/\/127\.0\.0\.1:\d+\S*/);
    assert.equal((await fetch(address)).status, 200);
    assert.ok(start.pid);
    // As a terminal does: to the whole group.
    process.kill(-start.pid, "SIGINT");
    await once(start, "exit");
    await assert.rejects(fetch(address));
  });
});
