import { execFileSync } from 'node:child_process';
import { link, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WatchedFiles } from '@wxa/service';
import { eventually } from '../eventually.js';
import { useFolder } from '../use-folder.js';

const folder = useFolder();
const path = join(folder, 'number');
let watched: WatchedFiles<number> | undefined;
const changes: number[] = [];
const errors: string[] = [];

beforeEach(async () => {
  await writeFile(path, '1');
  changes.length = 0;
  errors.length = 0;
});
afterEach(() => watched?.stop());

function watch(intervalMs = 20): WatchedFiles<number> {
  watched = new WatchedFiles({
    paths: { number: path },
    intervalMs,
    parse: ({ number }) => {
      if (!/^\d+$/.test(number)) throw new Error('not a number');
      return Number(number);
    },
    onChange: (value) => changes.push(value),
    onError: ({ message }) => errors.push(message.replace(/,.*/, '')),
  });
  return watched;
}

it('A file that is written in place or replaced by rename has its new value at the next reading', async () => {
  const file = watch();
  expect(file.value).toBe(1);
  await writeFile(path, '2');
  await eventually(() => file.value === 2);
  await writeFile(join(folder, 'next'), '3');
  await rename(join(folder, 'next'), path);
  await eventually(() => file.value === 3);
  expect(changes).toEqual([2, 3]);
});

it('A slow reading does not replace the value of a later one', async () => {
  const file = watch(3_600_000);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await rm(path);
  await link(pipe, path);
  const slow = file.readAgain();
  // The writer's end opens once the reading has the other one open.
  const writer = await open(pipe, 'w');
  await writeFile(join(folder, 'next'), '3');
  await rename(join(folder, 'next'), path);
  expect(file.latest).toBe(3);
  await writer.writeFile('2');
  await writer.close();
  await slow;
  expect(file.value).toBe(3);
  expect(changes).toEqual([3]);
});

it('A reading that has begun before stop changes nothing after it', async () => {
  const file = watch(3_600_000);
  await writeFile(path, '2');
  const reading = file.readAgain();
  file.stop();
  await reading;
  expect([file.value, changes]).toEqual([1, []]);
});

it('An invalid or missing file keeps the last good value, reports each reason once, and is read again', async () => {
  const file = watch();
  await writeFile(path, 'x');
  await eventually(() => errors.length === 1);
  await file.readAgain();
  await rm(path);
  await eventually(() => errors.length === 2);
  expect(errors).toEqual(['not a number', 'ENOENT: no such file or directory']);
  expect(file.value).toBe(1);
  await writeFile(path, '4');
  await eventually(() => file.value === 4);
  expect(changes).toEqual([4]);
});

it('latest is what the file contains at that moment, or the last good value', async () => {
  const file = watch();
  file.stop();
  await writeFile(path, '2');
  expect([file.value, file.latest, file.value]).toEqual([1, 2, 2]);
  await rm(path);
  expect([file.latest, file.latest]).toEqual([2, 2]);
  expect(errors).toEqual(['ENOENT: no such file or directory']);
});

it('WatchedFiles throws if the file is unusable at the start', async () => {
  await writeFile(path, 'x');
  expect(watch).toThrow('not a number');
});
