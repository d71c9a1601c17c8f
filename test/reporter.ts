// Mocha's usual report, and the counts as one line of JSON in the file that UNROLL_COUNTS names: test/run.ts sums them.

import { appendFileSync } from "node:fs";
import Mocha from "mocha";

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env["UNROLL_COUNTS"];
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
      if (file) appendFileSync(file, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}

export = CountingReporter;
