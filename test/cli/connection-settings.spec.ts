import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';
import { wxa } from '../wxa.js';

const folder = useFolder();
const LIST = ['ops', 'list'];

async function fileOf(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

it.each(['hunter2\nhunter3', 'hunter2 hunter3', 'hunter2é', '\n'])(
  'A token file with the text %j is refused by its setting, without its content',
  async (text) => {
    const file = await fileOf('token', text);
    for (const [args, env, name] of [
      [[], { WXA_TOKEN_FILE: file }, 'WXA_TOKEN_FILE'],
      [['--token-file', file], {}, '--token-file'],
    ] as const) {
      const { code, out, err } = await wxa([...LIST, ...args], { WXA_PLAINTEXT: '1', ...env });
      expect({ code, out, err }).toEqual({ code: 78, out: '', err: expect.stringContaining(`${name}: `) });
      expect(err).not.toContain('hunter');
    }
  },
);
