import type { ApiDefinition, Call } from '../model/api.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import { changed, changesLeft, isChange } from './domains.js';

const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

export const PLATFORM_DOMAIN_APIS: readonly ApiDefinition[] = [
  listApi('modify_wxa_server_domain', { family: 'server', field: 'wxa_server_domain', max: 1000 }),
  listApi('modify_wxa_jump_domain', { family: 'webview', field: 'wxa_jump_h5_domain', max: 300 }),
  {
    name: 'cgi-bin/component/get_domain_confirmfile',
    verb: 'POST',
    kind: 'query',
    token: 'component',
    run: () => done({ fields: { file_name: 'sim-confirm.txt', file_content: '0123456789abcdef' } }),
  },
];

interface List {
  family: 'server' | 'webview';
  field: string;
  max: number;
}

function listApi(name: string, list: List): ApiDefinition {
  return {
    name: `cgi-bin/component/${name}`,
    verb: 'POST',
    kind: 'change',
    hasAction: true,
    token: 'component',
    run: (_app, call) => modify(list, call),
  };
}

/**
 * Changes the list of the test version, and the published one too only if asked. Invalid domains are left out; 9410016 if no
 * other is left, 65316 for too many, 45104 after 50 changes in a month.
 */
function modify({ family, field, max }: List, { body, platform, now }: Call): Outcome {
  const { domains } = platform;
  const list = domains[family];
  if (body.action === 'get') return done({ fields: written() });
  if (!isChange(body.action)) return reject(85022);
  if (typeof body[field] !== 'string') return reject(40097);
  if (changesLeft(domains.changes, now) === 0) return reject(45104);
  const asked = body[field].split(';').filter(Boolean);
  const [valid, invalid] = [true, false].map((is) => asked.filter((domain) => DOMAIN.test(domain) === is));
  if (asked.length > 0 && valid?.length === 0) return reject(9410016);
  const testing = changed(body.action, list.testing, valid ?? []);
  if (testing.length > max) return reject(65316);
  const isBoth = body.is_modify_published_together === true;
  const published = isBoth ? changed(body.action, list.published ?? [], valid ?? []) : (list.published ?? []);
  domains.changes.used += 1;
  domains[family] = { testing, published };
  const invalidList = invalid?.length ? { [`invalid_${field}`]: invalid.join(';') } : {};
  return done({ fields: { ...written(), ...invalidList }, effect: `${family}_domains ${testing.length}` });

  function written(): Record<string, string> {
    const { published, testing } = domains[family];
    return {
      ...(published && { [`published_${field}`]: published.join(';') }),
      [`testing_${field}`]: testing.join(';'),
    };
  }
}
