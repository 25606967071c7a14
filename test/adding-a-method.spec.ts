import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { METHODS, type Method } from '@wxa/contracts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Hand-written files of the product and the simulator, without specs. */
const files = execFileSync('git', ['ls-files', 'apps/*.ts', 'apps/*.tsx', 'libs/*.ts', 'proto/*.proto'], {
  cwd: ROOT,
})
  .toString()
  .split('\n')
  .filter((file) => file !== '' && !/generated|fixtures|\.spec\.tsx?$/.test(file))
  .map((path) => ({ path, code: withoutComments(readFileSync(`${ROOT}${path}`, 'utf8')) }));

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}

/** The places of docs/adding-a-method.md. */
const PLACES: [name: string, path: RegExp][] = [
  ['proto', /^proto\//],
  ['contracts', /^libs\/contracts\/src\/methods\.ts$/],
  ['room', /^libs\/methods\/src\//],
  ['wxa-client', /^libs\/wxa-client\/src\//],
  ['rollouts', /^libs\/rollouts\/src\//],
  ['simulator', /^apps\/wechat-sim\/src\//],
  ['command', /^apps\/cli\/src\/(authorizers|calls|verbs)\//],
  ['console', /^apps\/console\/src\/(pages|text|gateway)\//],
];

/** Methods that the product handles specially, and where: large results, audits, metrics, resolution, uploads, imports, restores, plans of rollouts. */
const ELSEWHERE: Partial<Record<Method, RegExp>> = {
  Commit: /^libs\/store\/src\//,
  Release: /^libs\/store\/src\//,
  AddTemplate: /^libs\/store\/src\//,
  DeleteTemplate: /^libs\/store\/src\//,
  ListTemplates: /^libs\/store\/src\//,
  GetTrialQrCode: /^libs\/(store|contracts)\/src\//,
  SubmitAudit: /^(libs\/(service|store)|apps\/(cli|gateway|release-worker))\/src\//,
  UndoAudit: /^(libs\/store|apps\/gateway|apps\/release-worker)\/src\//,
  GetAuditStatus: /^(libs\/contracts|apps\/release-worker)\/src\//,
  GetLatestAuditStatus: /^apps\/release-worker\/src\//,
  GetAuditQuota: /^(libs\/(service|store)|apps\/release-worker)\/src\//,
  GetVersionInfo: /^apps\/release-worker\/src\//,
  UploadAuditMedia: /^(apps\/(cli|gateway)|libs\/policy)\/src\//,
  CreateAuthorizationLink: /^(apps\/gateway|libs\/contracts|libs\/policy)\/src\//,
  ImportAuthorizer: /^(libs\/store|apps\/(cli|gateway|release-worker))\/src\//,
};

function namedIn(method: Method): string[] {
  // A word by itself where it names the method: a key, a text or an RPC.
  const isWord = method === 'Commit' || method === 'Release';
  const camelCase = `${method[0]?.toLowerCase()}${method.slice(1)}`;
  const name = new RegExp(
    isWord ? `'${method}'|rpc ${method}\\(|^ +${method}:` : `\\b(${method}|${camelCase})\\b`,
    'm',
  );
  return files.filter(({ code }) => name.test(code)).map(({ path }) => path);
}

describe('a method', () => {
  it.each(Object.keys(METHODS) as Method[])(
    '%s is named by hand in the places of docs/adding-a-method.md, and nowhere else.',
    (method) => {
      const paths = namedIn(method);
      const places = PLACES.filter(([, place]) => paths.some((path) => place.test(path))).map(
        ([name]) => name,
      );
      expect(places).toEqual(expect.arrayContaining(['proto', 'contracts', 'room']));
      const other = paths.filter(
        (path) =>
          ![...PLACES.map(([, place]) => place), ELSEWHERE[method]].some((place) => place?.test(path)),
      );
      expect(other).toEqual([]);
    },
  );
});
