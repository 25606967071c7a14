import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Request, Response } from 'express';

const require = createRequire(import.meta.url);
const YEAR_S = 31_536_000;

/** Files that pages load: those of packages as they are, and ours. */
const FILES = {
  'htmx.js': { type: 'text/javascript', path: require.resolve('htmx.org/dist/htmx.min.js') },
  'sse.js': { type: 'text/javascript', path: require.resolve('htmx-ext-sse/dist/sse.min.js') },
  'console.js': { type: 'text/javascript', path: own('console.js') },
  'pico.css': { type: 'text/css', path: require.resolve('@picocss/pico/css/pico.classless.min.css') },
  'console.css': { type: 'text/css', path: own('console.css') },
} as const;

type Name = keyof typeof FILES;

const contents = new Map(
  Object.entries(FILES).map(([name, { type, path }]) => {
    const text = readFileSync(path, 'utf8');
    // Our style sheet is not minified.
    const body = Buffer.from(type === 'text/css' ? text.replace(/\n\s*|(?<=:) | (?=\{)/g, '') : text);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    return [`/assets/${hash}/${name}`, { name, type, body, gzipped: gzipSync(body, { level: 9 }) }];
  }),
);
const paths = new Map([...contents].map(([path, { name }]) => [name, path]));

/** The path of a file, which contains its hash, so that browsers keep it. */
export function asset(name: Name): string {
  return paths.get(name) ?? '';
}

/** Sends a file, compressed to browsers that accept it. */
export function sendAsset(request: Request, response: Response): void {
  const found = contents.get(request.originalUrl);
  if (found === undefined) return void response.status(404).end();
  const isGzipped = request.acceptsEncodings('gzip') === 'gzip';
  response
    .set({
      'content-type': `${found.type}; charset=utf-8`,
      'cache-control': `public, max-age=${YEAR_S}, immutable`,
      vary: 'accept-encoding',
      ...(isGzipped && { 'content-encoding': 'gzip' }),
    })
    .send(isGzipped ? found.gzipped : found.body);
}

function own(name: string): string {
  return new URL(`../../assets/${name}`, import.meta.url).pathname;
}
