import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { isPassword, parseUsers } from '@wxa/policy';
import { useFolder } from '../use-folder.js';
import { CLI, type WxaResult, wxa } from '../wxa.js';

const PASSWORD = 'correct horse battery';
const OTHER = 'staple staple staple';
const folder = useFolder();
let file: string;
beforeEach(() => {
  file = join(folder, `${randomUUID()}.json`);
});

const run = (args: string[], input = ''): Promise<WxaResult> =>
  wxa(['users', ...args], { CONSOLE_USERS_FILE: file }, input);
const stored = async () => parseUsers(await readFile(file, 'utf8'));

/** Runs a command on a terminal of its own and types each line when a question waits for it, the first one after `whenAsked`. */
async function onTerminal(command: string, lines: string[], whenAsked = async () => undefined as unknown) {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null']);
  let text = '';
  let answered = 0;
  let ready: Promise<unknown> | undefined;
  child.stdout.on('data', (chunk) => {
    text += chunk;
    const asked = text.match(/password of \w+: |the same again: /g)?.length ?? 0;
    for (; answered < asked; answered += 1) {
      const line = `${lines[answered]}\r`;
      ready ??= whenAsked();
      void ready.then(() => child.stdin.write(line));
    }
  });
  const [code] = await once(child, 'close');
  return { code, text };
}

describe('wxa users', () => {
  it('A user is added with the password of standard input, gets another one, and is removed', async () => {
    const added = await run(['add', '张三', '--role', 'operator'], `${PASSWORD}\n`);
    expect(added).toMatchObject({ code: 0, out: 'user 张三 added as operator\n', err: '' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await run(['add', 'li', '--role', 'viewer', '--scope', 'food'], PASSWORD);
    const before = (await stored()).get('张三');
    expect(await isPassword(PASSWORD, before?.hash)).toBe(true);
    expect(await run(['passwd', '张三'], `${OTHER}\n`)).toMatchObject({ code: 0, err: '' });
    const after = (await stored()).get('张三');
    expect([after?.role, await isPassword(OTHER, after?.hash)]).toEqual(['operator', true]);
    expect((await run(['list'])).out).toBe('张三\toperator\t\nli\tviewer\tfood\n');
    expect((await run(['remove', '张三'])).code).toBe(0);
    expect(JSON.parse((await run(['list', '--json'])).out)).toEqual({
      users: [{ name: 'li', role: 'viewer', scope: 'food' }],
    });
    expect(
      (await readdir(folder)).filter((name) => name.startsWith(file.slice(folder.length + 1))),
    ).toHaveLength(1);
  });

  it('A password that is typed on a terminal is asked for twice and not shown', async () => {
    const command = `${process.execPath} ${CLI} users add li --role viewer --file ${file}`;
    const typed = (...lines: string[]) => onTerminal(command, lines);
    const added = await typed(PASSWORD, PASSWORD);
    expect(added).toMatchObject({ code: 0, text: expect.stringContaining('user li added as viewer') });
    expect(added.text).not.toContain(PASSWORD.slice(0, 3));
    expect(await isPassword(PASSWORD, (await stored()).get('li')?.hash)).toBe(true);
    await run(['remove', 'li']);
    const differs = await typed(PASSWORD, OTHER);
    expect(differs).toMatchObject({ code: 64, text: expect.stringContaining('the two passwords differ') });
    expect((await stored()).size).toBe(0);
  });

  it.each([
    ['add li --role viewer', ['li'], 0],
    ['passwd wang', [], 1],
  ])(
    'A user who is removed while wxa users %s waits for a password stays removed',
    async (args, left, code) => {
      await run(['add', 'wang', '--role', 'operator'], PASSWORD);
      const command = `${process.execPath} ${CLI} users ${args} --file ${file}`;
      const remove = () => run(['remove', 'wang']);
      expect(await onTerminal(command, [PASSWORD, PASSWORD], remove)).toMatchObject({ code });
      expect([...(await stored()).keys()]).toEqual(left);
    },
  );

  it('Commands that change the file at the same time leave the user of each that succeeds, and the others can be repeated', async () => {
    const names = ['li', 'wang', 'zhang', 'chen'];
    const results = await Promise.all(names.map((name) => run(['add', name, '--role', 'viewer'], PASSWORD)));
    const added = names.filter((_name, i) => results[i]?.code === 0);
    expect([...(await stored()).keys()].sort()).toEqual(added.sort());
    for (const { code, err } of results.filter((result) => result.code !== 0))
      expect([code, err]).toEqual([75, expect.stringContaining(`${file}.lock`)]);
  });

  it('A command does not change a file that another one has locked', async () => {
    await run(['add', 'li', '--role', 'viewer'], PASSWORD);
    await writeFile(`${file}.lock`, '');
    const refused = await run(['remove', 'li']);
    expect([refused.code, refused.err]).toEqual([75, expect.stringContaining(`${file}.lock`)]);
    expect((await stored()).size).toBe(1);
  });

  it('A command that is refused names the reason and leaves the file as it was', async () => {
    await run(['add', 'li', '--role', 'viewer'], PASSWORD);
    const text = await readFile(file, 'utf8');
    const refusals: [string[], string, number, string][] = [
      [['add', 'li', '--role', 'operator'], PASSWORD, 64, 'user li exists'],
      [['add', 'wang', '--role', 'admin'], PASSWORD, 64, '--role must be viewer or operator'],
      [['add', 'wang'], PASSWORD, 64, "required option '--role <viewer|operator>'"],
      [['add', 'wang', '--role', 'viewer'], 'short\n', 64, 'at least 12 characters'],
      [['add', ' wang', '--role', 'viewer'], PASSWORD, 78, '1 to 64 characters'],
      [['add', '--role', 'viewer'], PASSWORD, 64, "missing required argument 'NAME'"],
      [['passwd', 'wang'], PASSWORD, 1, 'there is no user wang'],
      [['passwd', 'li', '--role', 'operator'], PASSWORD, 64, "unknown option '--role'"],
      [['remove', 'wang'], '', 1, 'there is no user wang'],
      [['list', '--file', join(folder, 'missing.json')], '', 78, 'missing.json'],
    ];
    const results = await Promise.all(refusals.map(([args, input]) => run(args, input)));
    expect(results.map(({ code, out }) => [code, out])).toEqual(refusals.map(([, , code]) => [code, '']));
    results.forEach(({ err }, i) => {
      expect(err).toContain(refusals[i]?.[3]);
    });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('A file that is a link stays one, and an invalid file is not overwritten', async () => {
    const link = `${file}.link`;
    await writeFile(file, '{"users": []}');
    await symlink(file, link);
    expect((await run(['add', 'li', '--role', 'viewer', '--file', link], PASSWORD)).code).toBe(0);
    expect((await stored()).size).toBe(1);
    await writeFile(file, '{"users": [');
    const refused = await run(['add', 'wang', '--role', 'viewer'], PASSWORD);
    expect([refused.code, refused.err]).toEqual([78, `${file}: must be JSON\n`]);
    expect(await readFile(file, 'utf8')).toBe('{"users": [');
  });
});
