import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createAuthority } from '@wxa/stack';
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

it('Files of TLS that are unusable, and plain text to another machine, are refused by their setting', async () => {
  const authority = await createAuthority(folder);
  const [one, other] = [
    await authority.issue('one', { cn: 'one' }),
    await authority.issue('other', { cn: 'other' }),
  ];
  const missing = join(folder, 'missing');
  for (const [env, fault] of [
    [
      { WXA_CERT_FILE: one.cert, WXA_KEY_FILE: other.key },
      'WXA_CERT_FILE: the certificate and the key are not a matching pair in PEM',
    ],
    [{ WXA_CA_FILE: await fileOf('text', 'hunter2') }, 'WXA_CA_FILE: the CA bundle has no valid certificate'],
    [{ WXA_CA_FILE: missing }, `WXA_CA_FILE: cannot read ${missing} (ENOENT)`],
    [{ WXA_GATEWAY: 'h:1', WXA_PLAINTEXT: '1' }, 'WXA_PLAINTEXT: only for a gateway on this machine'],
  ] as const)
    expect(await wxa(LIST, env)).toMatchObject({ code: 78, err: `${fault}\n` });
});
