import {
  MiniProgramSettings,
  type PrivacyGuide,
  PrivacyOwner,
  type Purpose,
  problem,
  type SettingsScope,
} from '@wxa/contracts';
import {
  appid,
  bytes,
  type Check,
  characters,
  each,
  elements,
  field,
  mergeable,
  noFormat,
  number,
  oneLine,
  PRIVACY_APPLICATION_RULES,
  PRIVACY_GUIDE_RULES,
  type Rule,
  required,
  SERVER_DOMAIN_RULES,
  type Violation,
  violationsBy,
  WEBVIEW_DOMAIN_RULES,
  within,
} from '@wxa/methods';

const MAX_POINTERS = 100;
const MAX_INTERFACES = 100;
const MAX_LAYER_BYTES = 256 * 1024;
/** As of the patch of a rollout's target: a mini-program can have the patches of 22 layers. */
const MAX_PATCH_BYTES = 64 * 1024;
const MAX_ORDER = 1_000;

const MEMBERS = {
  platform: field(
    'scope.platform',
    (value: boolean) => value,
    (value) => (value ? undefined : problem('NOT_TRUE')),
  ),
  label: field('scope.label', (value: string) => value, characters(1, 50), oneLine, noFormat),
  appid: field('scope.appid', (value: string) => value, appid),
};

/** The scope of a layer: exactly one member, as labels and appids are elsewhere. */
export const scopeRule: Rule<{ scope: SettingsScope | undefined }> = ({ scope: given }) => {
  const member = given?.scope;
  if (member === undefined) return [{ field: 'scope', ...problem('MEMBER_REQUIRED') }];
  return (MEMBERS[member.$case] as Rule<unknown>)(member.value);
};

/** Only layers of labels have an order. */
export const orderRule: Rule<{ scope: SettingsScope | undefined; order: number }> = field(
  'order',
  (r) => r,
  ({ scope, order }) => number(0, scope?.scope?.$case === 'label' ? MAX_ORDER : 0)(order),
);

const pointer: Check<string> = (text) =>
  /^(\/([^~/]|~[01])*)+$/.test(text) ? undefined : problem('NOT_A_POINTER');

const SETTINGS: Rule<MiniProgramSettings>[] = [
  field('', MiniProgramSettings.toJSON, (json) => bytes(MAX_LAYER_BYTES)(JSON.stringify(json))),
  within('server_domains', (s) => s.serverDomains, ...SERVER_DOMAIN_RULES),
  (settings) => webviewViolations(settings),
  within('privacy_guide', completedGuide, ...PRIVACY_GUIDE_RULES),
  field('ext_json', (s) => s.extJson, mergeable(MAX_PATCH_BYTES)),
  field('required_ext_pointers', (s) => s.requiredExtPointers, elements(0, MAX_POINTERS)),
  each(
    'required_ext_pointers',
    (s) => s.requiredExtPointers,
    MAX_POINTERS,
    field('', (text) => text, pointer, characters(1, 200), oneLine),
  ),
  field('interfaces', (s) => s.interfaces, elements(0, MAX_INTERFACES)),
  each(
    'interfaces',
    (s) => s.interfaces,
    MAX_INTERFACES,
    field('api_name', (i) => i.apiName, required, characters(0, 100), oneLine),
    within('application', (i) => i.application, ...PRIVACY_APPLICATION_RULES),
  ),
];

/** The rules of the settings of a layer. What is required is checked in effective settings only. */
export const settingsRules: readonly Rule<{ settings: MiniProgramSettings | undefined }>[] = [
  field(
    'settings',
    (r) => r.settings,
    (settings) => (settings === undefined ? problem('REQUIRED') : undefined),
  ),
  within('settings', (r) => r.settings, ...SETTINGS),
];

function webviewViolations({ webviewDomains: domains }: MiniProgramSettings): Violation[] {
  return violationsBy(WEBVIEW_DOMAIN_RULES, { domains }).map((violation) => ({
    ...violation,
    field: violation.field.replace('domains', 'webview_domains'),
  }));
}

const PLACEHOLDER = 'x';

/** The guide of a layer with what other layers may give; undefined if it has none. */
function completedGuide({ privacyGuide }: MiniProgramSettings): PrivacyGuide | undefined {
  if (privacyGuide === undefined) return undefined;
  const { owner, purposes, sdks, extraText } = privacyGuide;
  return {
    owner: PrivacyOwner.create({
      ...owner,
      phone: owner?.phone || PLACEHOLDER,
      noticeMethod: owner?.noticeMethod || PLACEHOLDER,
    }),
    purposes: completedPurposes(purposes),
    sdks: sdks.map(({ name, provider, purposes: uses }) => ({
      name,
      provider: provider || PLACEHOLDER,
      purposes: completedPurposes(uses),
    })),
    extraText,
  };
}

function completedPurposes(purposes: Purpose[]): Purpose[] {
  if (purposes.length === 0) return [{ key: PLACEHOLDER, text: PLACEHOLDER }];
  return purposes.map(({ key, text }) => ({ key, text: text || PLACEHOLDER }));
}
