import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const WHERE: Record<string, RegExp> = {
  'package.json': /"start:console": "(.*)"/,
  'docker-compose.yml': /command:\s*\[\s*node,([^\]]*apps\/console)/,
  'docker-compose.production.yml': /command:\s*\[\s*node,([^\]]*apps\/console)/,
  'deploy/helm/wxa-code/templates/console.yaml': /list "node" (.*"apps\/console)/,
  'stack/src/apps/console.ts': /MEMORY_FLAGS = '([^']*)'/,
};

function flagsIn(file: string): string[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  return WHERE[file]?.exec(text)?.[1]?.match(/--[\w-]+(=\d+)?/g) ?? [];
}

it.each(Object.keys(WHERE))('%s starts the console with the flags that were measured', (file) => {
  expect(flagsIn(file)).toEqual([
    '--max-semi-space-size=4',
    '--max-old-space-size=512',
    '--optimize-for-size',
    '--no-maglev',
  ]);
});
