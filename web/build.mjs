// Builds the page into `dist/`: one style sheet, one script, and a chunk for each language on demand.
// The Rust side embeds every file of `dist/`, so the directory is flat.

import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style.css" },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome111", "firefox114", "safari16.4"],
  minify: true,
  legalComments: "linked",
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", name), join(dist, name));

const names = readdirSync(dist);
const bytes = names.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0);
console.log(`web/dist: ${names.length} files, ${Math.round(bytes / 1024)} KiB before compression`);
