#!/usr/bin/env bash
# @tonejs/midi 2.0.28 (with midi-file 1.2.4): a file that is read and written again, "by modifying an existing file" as its README has it, has
# its pitch bends and key signatures changed, without a word. Reading makes of a bend a number from -1 to 1, writing takes that number for the
# file's own, from -8192 to 8191, so that 0 or -1 of 8192 is left of a bend. Reading adds 7 to a key (the sharps, -7 to 7) to find its name,
# and so does writing, where it would have to be taken away: D major (2) becomes 16, which is no key, and with the next writing F sharp (6).
# Who transposes pieces for training, or takes one as the beginning of what a network goes on with, has other music in other keys.
# Seen: as below, by midi-file's own reader; notes, velocities, controllers and the tempo stay what they are.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @tonejs/midi@2.0.28 midi-file@1.2.4
cat > look.cjs <<'JS'
const { Midi } = require("@tonejs/midi");
const { parseMidi, writeMidi } = require("midi-file");
const event = (type, more) => ({ deltaTime: 0, type, channel: 0, ...more });
const meta = (type, more) => ({ deltaTime: 0, meta: true, type, ...more });
const track = [
  meta("setTempo", { microsecondsPerBeat: 600000 }), meta("keySignature", { key: 2, scale: 0 }),
  event("controller", { controllerType: 64, value: 100 }), event("noteOn", { noteNumber: 60, velocity: 90 }),
  ...[-8192, -4096, 4096, 8191, 0].map((value) => event("pitchBend", { deltaTime: 60, value })),
  event("noteOff", { deltaTime: 180, noteNumber: 60, velocity: 0 }), meta("endOfTrack"),
];
let bytes = Uint8Array.from(writeMidi({ header: { format: 0, numTracks: 1, ticksPerBeat: 480 }, tracks: [track] }));
for (const times of ["as it was", "written once", "written twice"]) {
  const events = parseMidi(bytes).tracks.flat();
  const of = (type, field) => events.filter((each) => each.type === type).map((each) => each[field]).join(" ");
  const midi = new Midi(bytes);
  const [{ key, scale }] = midi.header.keySignatures;
  const rest = `note ${of("noteOn", "noteNumber")} velocity ${of("noteOn", "velocity")} controller ${of("controller", "value")} tempo ${of("setTempo", "microsecondsPerBeat")}`;
  console.log(`${times}: bends ${of("pitchBend", "value")}, key ${of("keySignature", "key")} is ${key} ${scale}; ${rest}`);
  bytes = midi.toArray();
}
JS
seen=$(node look.cjs); printf '%s\n' "$seen"
expected='as it was: bends -8192 -4096 4096 8191 0, key 2 is D major; note 60 velocity 90 controller 100 tempo 600000
written once: bends -1 -1 0 0 0, key 16 is undefined major; note 60 velocity 90 controller 100 tempo 600000
written twice: bends -1 -1 0 0 0, key 6 is F# major; note 60 velocity 90 controller 100 tempo 600000'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
