import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ConsoleProcess } from '../console/console-process.js';
import { useFolder } from '../use-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = useFolder();
let pages: ConsoleProcess;
beforeAll(async () => {
  copyAsBuilt();
  const [, command = ''] = /^FROM manifests AS code\n.*?^RUN (.*?)\n\n/ms.exec(read('Dockerfile')) ?? [];
  execFileSync('sh', ['-ec', command.replaceAll('\\\n', ' ')], { cwd: folder });
  pages = await ConsoleProcess.new();
  pages.main = join(folder, 'apps/console/dist/bundle.js');
  await pages.start();
});
afterAll(() => pages?.remove());

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** What the stage `code` of the Dockerfile copies, after the build, and the packages beside it. */
function copyAsBuilt(): void {
  const filter = (path: string) => !/\/(node_modules|src)$/.test(path);
  for (const name of ['proto', 'libs', 'apps', 'package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
  cpSync(join(ROOT, 'stack/docker-health.js'), join(folder, 'docker-health.js'));
  for (const name of ['stack', 'node_modules/@wxa']) mkdirSync(join(folder, name), { recursive: true });
  const link = (to: string, name: string) => symlinkSync(to, join(folder, 'node_modules', name));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== '@wxa') link(join(ROOT, 'node_modules', name), name);
  for (const name of readdirSync(join(ROOT, 'libs'))) link(join(folder, 'libs', name), `@wxa/${name}`);
}

it('The console of the image serves the application with all its files', async () => {
  const answer = await fetch(pages.origin);
  const page = await answer.text();
  expect([answer.status, page]).toEqual([200, expect.stringContaining('id="root"')]);
  const files = readdirSync(join(folder, 'apps/console/dist/web/static')).filter((name) =>
    /\.(js|css)$/.test(name),
  );
  const named = [...page.matchAll(/(?:src|href)="\/static\/([^"]+)"/g)].map(([, name]) => name);
  expect(files).toEqual(expect.arrayContaining(named));
  for (const name of files) {
    const file = await fetch(`${pages.origin}/static/${name}`, { headers: { 'accept-encoding': 'br' } });
    expect([name, file.status, file.headers.get('content-encoding')]).toEqual([name, 200, 'br']);
    await file.body?.cancel();
  }
});
