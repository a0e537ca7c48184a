// Builds the page into `dist/`: one style sheet, one script, and a chunk for each language on demand.
// The Rust side embeds every file of `dist/`, so the directory is flat.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style.css" },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome111", "firefox114", "safari16.4"],
  minify: true,
  legalComments: "none",
  metafile: true,
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", name), join(dist, name));
writeFileSync(join(dist, "licences.txt"), licences(Object.keys(metafile.inputs)));

const names = readdirSync(dist);
const bytes = names.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0);
console.log(`web/dist: ${names.length} files, ${Math.round(bytes / 1024)} KiB before compression`);

/** The licence of every package that went into the bundle, as the licences ask. */
function licences(inputs) {
  const packages = inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(packages.filter(Boolean))]
    .sort()
    .map((name) => {
      const folder = join(here, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = ["LICENSE", "LICENSE.md", "LICENCE"].map((it) => join(folder, it)).find(existsSync);
      if (!file) throw new Error(`${name} brings no licence text`);
      return `${name} ${version} (${license})\n\n${readFileSync(file, "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(72)}\n\n`);
}
