import type { NewRolloutTarget, RolloutSpec } from '@wxa/contracts';
import { appid, elements, field, number, type Violation, violationsBy } from '@wxa/methods';
import { itemViolations } from './audit-rules.js';
import { extJsonViolation, mergeViolation } from './ext-json-rules.js';

const MAX_PATCH_BYTES = 64 * 1024;
const MAX_ITEMS = 5;

/** The violations of a new target, at most 100; its merged `ext_json` is validated by Commit's own rules. */
export function targetViolations(target: NewRolloutTarget, spec: RolloutSpec): Violation[] {
  const waves = Math.max(1, spec.waves.length);
  return violationsBy<NewRolloutTarget>(
    [
      field('appid', (t) => t.appid, appid),
      field('ext_patch_json', (t) => t.extPatchJson, extJsonViolation(MAX_PATCH_BYTES)),
      field(
        'ext_patch_json',
        (t) => t,
        (t) => patchViolation(t, spec),
      ),
      field('items', (t) => t.items, elements(0, MAX_ITEMS)),
      (t) => (t.items.length === 0 ? [] : itemViolations(t.items.slice(0, MAX_ITEMS))),
      field('wave', (t) => t.wave, number(0, waves)),
    ],
    target,
  );
}

/** What is wrong with the merged text; the patch alone has its own rule. */
function patchViolation(target: NewRolloutTarget, { extJson }: RolloutSpec): string | undefined {
  const { extPatchJson, appid } = target;
  if (extPatchJson === '' || extJsonViolation(MAX_PATCH_BYTES)(extPatchJson) !== undefined) return undefined;
  return mergeViolation(extJson, extPatchJson, appid);
}
