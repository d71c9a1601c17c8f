import assert from "node:assert/strict";
import * as fc from "fast-check";
import { CursorsHeld } from "../../../src/host/panel/ahead";
import type { Stepper } from "../../../src/stepper/stepper";
import { Foreseen } from "../../../webview/foreseen";
import { sampleText } from "../../samples/samples";
import { viewOf } from "./view";

const play = { playing: false, speed: 2 };

describe("what the webview is told ahead", () => {
  for (const name of ["hi-there-class.rnn.json", "copy-lstm.rnn.json", "sign-of-a-sum.rnn.json"]) {
    it(`is what it would be told on arrival, at every position of ${name}, a step on and a step back`, () => {
      const { stepper, view } = viewOf(sampleText(name));
      const held = new CursorsHeld(stepper);
      const webview = new Foreseen();
      const cursor = (at: Stepper) => view.cursor(play, 4, undefined, at);
      for (;;) {
        const { position } = stepper;
        webview.hold(held.ahead(1, "", cursor));
        assert.equal(stepper.position, position);
        for (const command of ["step", "stepBack"] as const) {
          stepper[command]();
          const foreseen = webview.after(command, 1, position);
          if (stepper.position === position) assert.equal(foreseen, null);
          else assert.deepEqual(foreseen, view.cursor(play, 4));
          stepper.moveTo(position);
        }
        if (stepper.isAtEnd) break;
        stepper.stepInto();
      }
    });
  }

  it("leaves host and webview with the same cursors, however the user walks and whatever changes on the way", () => {
    const moves = ["step", "stepBack", "stepInto", "stepOut", "runToEnd", "runToStart"] as const;
    const acts = fc.array(fc.tuple(fc.constantFrom(...moves), fc.boolean(), fc.integer({ min: 0, max: 9 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(acts, (walk) => {
        const { stepper, view } = viewOf(sampleText("hi-there-class.rnn.json"));
        const held = new CursorsHeld(stepper);
        const webview = new Foreseen();
        let speed = 2;
        const cursor = (at: Stepper) => view.cursor({ playing: false, speed }, 4, undefined, at);
        for (const [move, isHurried, dice] of walk) {
          stepper[move]();
          if (dice === 0) speed *= 2;
          const facts = String(speed);
          if (!held.hasCurrent(facts)) {
            const current = cursor(stepper);
            held.tell(current, facts);
            webview.tell(current);
          }
          assert.deepEqual(webview.at(stepper.position), cursor(stepper));
          if (!isHurried) webview.hold(held.ahead(1, facts, cursor));
        }
      }),
    );
  });

  it("sends each cursor once: three at first, then one a step", () => {
    const { stepper, view } = viewOf(sampleText("sign-of-a-sum.rnn.json"));
    const held = new CursorsHeld(stepper);
    const cursor = (at: Stepper) => view.cursor(play, 4, undefined, at);
    stepper.step();
    held.tell(cursor(stepper), "");
    assert.equal(held.ahead(1, "", cursor).cursors.length, 2);
    for (let k = 0; k < 3; k++) {
      stepper.step();
      assert.ok(held.hasCurrent(""));
      assert.equal(held.ahead(1, "", cursor).cursors.length, 1);
    }
    stepper.stepBack();
    assert.ok(held.hasCurrent(""));
  });
});
