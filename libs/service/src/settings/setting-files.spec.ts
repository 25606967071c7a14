import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.js';

const schema = z.object({ NAME: z.string({ error: 'required' }), CA_FILE: z.string().optional() });

function faultsOf(environment: Record<string, string>, settings: z.ZodType = schema): string[] {
  try {
    readConfig(settings, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('readConfig with files', () => {
  it('A setting given by value and by file is one error that contains neither', () => {
    const faults = faultsOf({ NAME: 'secret-1', NAME_FILE: '/secret-2' });
    expect(faults).toEqual(['NAME: only one of NAME, NAME_FILE may be set']);
  });

  it('A missing file is reported with its setting and its path, and not as a missing setting', () => {
    expect(faultsOf({ NAME_FILE: '/no/such/file' })).toEqual([
      'NAME_FILE: cannot read /no/such/file (ENOENT)',
    ]);
  });

  it('A setting whose own name ends in _FILE stays a path', () => {
    expect(readConfig(schema, { NAME: 'n', CA_FILE: '/no/such/file' })).toEqual({
      NAME: 'n',
      CA_FILE: '/no/such/file',
    });
  });

  it('SECRETS_KEY_COMMAND excludes SECRETS_KEY and SECRETS_KEY_FILE', () => {
    const keys = z.object({ SECRETS_KEY: z.string({ error: 'required' }) });
    expect(faultsOf({ SECRETS_KEY: 'a', SECRETS_KEY_FILE: 'b', SECRETS_KEY_COMMAND: 'c' }, keys)).toEqual([
      'SECRETS_KEY: only one of SECRETS_KEY, SECRETS_KEY_FILE, SECRETS_KEY_COMMAND may be set',
    ]);
  });

  it.each(['aws kms', '[]', '[""]', '{"a":1}', '["aws",1]'])(
    'SECRETS_KEY_COMMAND rejects %s, which is not an array of texts, without repeating it',
    (command) => {
      const keys = z.object({ SECRETS_KEY: z.string({ error: 'required' }) });
      expect(faultsOf({ SECRETS_KEY_COMMAND: command }, keys)).toEqual([
        'SECRETS_KEY_COMMAND: must be a JSON array of texts, as in ["program","argument"]',
      ]);
    },
  );

  it('Modes that come from a file choose the schema', () => {
    const settings = ({ NAME }: Record<string, string | undefined>) =>
      schema.extend({ MORE: NAME === 'n' ? z.string({ error: 'required' }) : z.string().optional() });
    expect(() => readConfig(settings, { NAME: 'n' })).toThrow('MORE: required');
    expect(readConfig(settings, { NAME: 'm' })).toEqual({ NAME: 'm' });
  });
});
