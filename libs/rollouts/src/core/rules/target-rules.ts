import type { NewRolloutTarget, RolloutSpec } from '@wxa/contracts';
import { appid, elements, field, mergeable, number, type Violation, violationsBy } from '@wxa/methods';
import { itemViolations } from './audit-rules.js';

const MAX_PATCH_BYTES = 64 * 1024;
const MAX_ITEMS = 5;

/** The violations of a new target, at most 100. Its patch fits every valid `ext_json`. */
export function targetViolations(target: NewRolloutTarget, spec: Pick<RolloutSpec, 'waves'>): Violation[] {
  const waves = Math.max(1, spec.waves.length);
  return violationsBy<NewRolloutTarget>(
    [
      field('appid', (t) => t.appid, appid),
      field('ext_patch_json', (t) => t.extPatchJson, mergeable(MAX_PATCH_BYTES)),
      field('items', (t) => t.items, elements(0, MAX_ITEMS)),
      (t) => (t.items.length === 0 ? [] : itemViolations(t.items.slice(0, MAX_ITEMS))),
      field('wave', (t) => t.wave, number(0, waves)),
    ],
    target,
  );
}
