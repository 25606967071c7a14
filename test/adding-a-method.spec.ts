import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
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
  ['contracts', /^libs\/contracts\/src\/(setup-)?methods\.ts$/],
  ['room', /^libs\/methods\/src\//],
  ['wxa-client', /^libs\/wxa-client\/src\//],
  ['rollouts', /^libs\/rollouts\/src\//],
  ['simulator', /^apps\/wechat-sim\/src\//],
  ['command', /^apps\/cli\/src\/(authorizers|calls|fleet|verbs)\//],
  ['console', /^apps\/console\/(src\/(api|pages|text|gateway)|web\/src)\//],
];

const STORED = 'libs/(postgres|limits|authorizers|audits|fleet|operations|restore)/src/';

/** Methods that the product handles specially, and where: large results, audits, metrics, resolution, uploads, imports, restores, plans of rollouts, use of templates,
 * values from settings. */
const ELSEWHERE: Partial<Record<Method, RegExp>> = {
  Commit: new RegExp(`^(${STORED}|apps/gateway/src/)`),
  Release: new RegExp(`^${STORED}`),
  AddTemplate: new RegExp(`^${STORED}`),
  DeleteTemplate: new RegExp(`^(${STORED}|apps/gateway/src/)`),
  ListTemplates: new RegExp(`^(${STORED}|apps/gateway/src/)`),
  GetAuditScreenshot: new RegExp(`^(${STORED}|libs/contracts/src/)`),
  GrayRelease: new RegExp(`^${STORED}`),
  RevertGrayRelease: new RegExp(`^${STORED}`),
  RevertRelease: new RegExp(`^${STORED}`),
  RefreshMiniProgram: new RegExp(`^(${STORED}|apps/(gateway|release-worker)/src/)`),
  GetTrialQrCode: new RegExp(`^(${STORED}|libs/contracts/src/)`),
  GetPrivacyGuide: /^(libs\/contracts|apps\/release-worker)\/src\//,
  ListPrivacyInterfaces: /^libs\/contracts\/src\//,
  SetServerDomains: /^apps\/(gateway|release-worker)\/src\//,
  SetWebviewDomains: /^apps\/gateway\/src\//,
  SetPrivacyGuide: /^apps\/(gateway|release-worker)\/src\//,
  SetPlatformDomains: /^apps\/gateway\/src\//,
  GetFiling: /^apps\/gateway\/src\//,
  SubmitAudit: new RegExp(
    `^(${STORED}|libs/(contracts|service)/src/|apps/(cli|gateway|release-worker)/src/)`,
  ),
  UndoAudit: new RegExp(`^(${STORED}|apps/(gateway|release-worker)/src/)`),
  GetAuditStatus: new RegExp(`^(${STORED}|(libs/contracts|apps/release-worker)/src/)`),
  GetLatestAuditStatus: /^apps\/release-worker\/src\//,
  GetAuditQuota: new RegExp(`^(${STORED}|libs/(contracts|service)/src/|apps/release-worker/src/)`),
  GetVersionInfo: /^apps\/release-worker\/src\//,
  GetDomains: /^apps\/release-worker\/src\//,
  ListCategories: /^apps\/release-worker\/src\//,
  GetGrayReleasePlan: /^apps\/release-worker\/src\//,
  GetVisitStatus: /^apps\/release-worker\/src\//,
  GetSupportVersion: /^apps\/release-worker\/src\//,
  ChangeVisitStatus: new RegExp(`^${STORED}`),
  SetSupportVersion: new RegExp(`^${STORED}`),
  GetPlatformDomains: /^apps\/release-worker\/src\//,
  UploadAuditMedia: /^(apps\/(cli|gateway)|libs\/(policy|restore))\/src\//,
  SpeedUpAudit: new RegExp(`^(${STORED}|apps/gateway/src/)`),
  CreateAuthorizationLink: /^(apps\/gateway|libs\/contracts|libs\/policy)\/src\//,
  QueryWechat: /^(apps\/(cli|gateway)|libs\/(contracts|restore))\/src\//,
  ChangeWechat: /^(apps\/(cli|gateway|release-worker)|libs\/(contracts|limits|restore))\/src\//,
  ImportAuthorizer: new RegExp(`^(${STORED}|apps/(cli|gateway|release-worker)/src/)`),
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

it.each(Object.keys(METHODS) as Method[])(
  '%s is named by hand in the places of docs/adding-a-method.md, and nowhere else.',
  (method) => {
    const paths = namedIn(method);
    const places = PLACES.filter(([, place]) => paths.some((path) => place.test(path))).map(([name]) => name);
    expect(places).toEqual(expect.arrayContaining(['proto', 'contracts', 'room']));
    const other = paths.filter(
      (path) => ![...PLACES.map(([, place]) => place), ELSEWHERE[method]].some((place) => place?.test(path)),
    );
    expect(other).toEqual([]);
  },
);
