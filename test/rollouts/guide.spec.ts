import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescMessage, fromBinary, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { expect, it } from '@jest/globals';
import { RolloutSpec } from '@wxa/contracts';
import { specViolations } from '@wxa/rollouts/core';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const guide = read('docs/rollouts.md').toString();
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);

it('The JSON of the guide to rollouts has only fields and values of its message', () => {
  const files = fromBinary(FileDescriptorSetSchema, read('proto/descriptor-set.binpb'));
  const registry = createFileRegistry(files);
  const specs = blocks('json').map((text) => JSON.parse(text));
  expect(specs).toHaveLength(2);
  for (const spec of specs) {
    fromJson(registry.getMessage('wxa.code.v1.RolloutSpec') as DescMessage, spec);
    expect(specViolations(RolloutSpec.fromJSON(spec))).toEqual([]);
  }
});

it('Every command of the guide to rollouts is a verb of wxa', () => {
  const verbs = new Set(
    read('docs/cli.md')
      .toString()
      .match(/(?<=^### ).*/gm),
  );
  const named = blocks('sh').flatMap((block) => block.trim().split('\n'));
  expect(named.length).toBeGreaterThan(10);
  const unknown = named.filter((line) => !verbs.has(line.split(' ').slice(1, 3).join(' ')));
  expect(unknown).toEqual([]);
});
