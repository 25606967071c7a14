import { existsSync, readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const GLOBALS = new URL('./globals.js', import.meta.url).href;
const TESTS = new URL('../', import.meta.url).href;

/** Lets specs import '@jest/globals', and the TypeScript of `test/` as `./name.js`, which is not compiled to files. */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
    if (specifier.startsWith('.') && context.parentURL?.startsWith(TESTS)) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith(TESTS) || !url.endsWith('.ts')) return next(url, context);
    const typed = readFileSync(fileURLToPath(url), 'utf8');
    const source = stripTypeScriptTypes(typed, { mode: 'transform', sourceMap: true, sourceUrl: url });
    return { format: 'module', source, shortCircuit: true };
  },
});
