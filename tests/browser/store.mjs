// Projects and stores to review, and the program on them.

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const PENDING = ".snap.new";

export class Store {
  constructor(program, folder) {
    this.program = program;
    this.folder = folder;
    mkdirSync(join(folder, "snapshots"), { recursive: true });
  }

  // The shipped cases and snapshots, under git, with what these faults change waiting.
  static project(program, folder, faults, pattern) {
    const store = new Store(program, folder);
    for (const part of ["cases", "snapshots"]) cpSync(part, join(folder, part), { recursive: true });
    store.git("init", "-q");
    store.git("add", ".");
    store.git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "before");
    store.run("run", "-q", "--update", "new", ...faults.flatMap((fault) => ["--fault", fault]), pattern);
    return store;
  }

  // The program on this store: its exit code, and all that it printed.
  run(...parameters) {
    const { CI, INSTA_UPDATE, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(this.program, parameters, { cwd: this.folder, env, encoding: "utf8" });
    return { status, text: stdout + stderr };
  }

  git(...parameters) {
    return execFileSync("git", parameters, { cwd: this.folder, encoding: "utf8" });
  }

  page(name = "review.html") {
    const path = join(this.folder, name);
    const { status, text } = this.run("review", "--html", path);
    return { path, status, text };
  }

  // Puts a snapshot into the store: what is accepted, or nothing, and what waits.
  put(place, about, old, text) {
    const path = join(this.folder, "snapshots", `${place}.snap`);
    const head = `---\nsource: cases/t.toml\ndescription: ${JSON.stringify(about)}\ninfo:\n  case: a\n  contract: 2014-05-26\n  endpoint: reference\n---\n`;
    mkdirSync(dirname(path), { recursive: true });
    if (old !== null) writeFileSync(path, `${head}${old}\n`);
    writeFileSync(`${path}.new`, `${head}${text}\n`);
  }

  read(place) {
    return readFileSync(join(this.folder, "snapshots", place), "utf8");
  }

  // The ids of the cases that wait, by the files' places.
  pending() {
    const root = join(this.folder, "snapshots");
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.name.endsWith(PENDING));
    const places = files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
    return places.map((place) => place.slice(0, -PENDING.length).replace("@", "/")).sort();
  }
}
