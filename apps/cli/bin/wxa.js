#!/usr/bin/env node
// npm links only a program that exists when it installs, which is before the build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('wxa is not built: run `npm run build`');
  process.exit(78);
}
await import(main.href);
