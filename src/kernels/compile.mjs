// Compiles the AssemblyScript in assembly/ into one WebAssembly module for each precision: dist/kernels.f64.wasm, dist/kernels.f32.wasm.
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";

const sources = path.join(import.meta.dirname, "assembly");

/** @returns the module's bytes @param {"f64" | "f32"} real the numbers that it computes with */
async function compile(real) {
  // The compiler is loaded only where something has changed: that alone takes a second.
  const { default: asc } = await import("assemblyscript/asc");
  const files = new Map();
  const messages = [];
  const { error } = await asc.main(
    // The pool's threads compute in one memory. 65536 pages are 4 GiB, of which none is taken before it is needed.
    `index.ts --outFile kernels.wasm --use real=${real} --use abort= -O3 --converge --noAssert --runtime stub
      --enable simd --enable threads --importMemory --sharedMemory --maximumMemory 65536`
      .split(/\s+/)
      .concat("--baseDir", sources),
    { writeFile: (name, contents) => void files.set(name, contents), stderr: { write: (text) => messages.push(text) } },
  );
  if (error) throw new Error(`the kernels do not compile: ${messages.join("")}`, { cause: error });
  return files.get("kernels.wasm");
}

async function changedMs(file) {
  return (await stat(file).catch(() => null))?.mtimeMs ?? 0;
}

/** Compiles what has changed. @param {string} folder where the modules go */
export async function compileKernels(folder) {
  const files = (await readdir(sources)).map((name) => path.join(sources, name));
  const newest = Math.max(...(await Promise.all([...files, import.meta.filename].map(changedMs))));
  await mkdir(folder, { recursive: true });
  for (const real of ["f64", "f32"]) {
    const file = path.join(folder, `kernels.${real}.wasm`);
    if ((await changedMs(file)) <= newest) await writeFile(file, await compile(real));
  }
}
