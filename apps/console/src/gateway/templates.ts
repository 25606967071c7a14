import type { Template } from '@wxa/contracts';
import { answerOf } from './failure.js';
import type { GatewayCalls } from './gateway.js';

/** How long a form waits for the library. */
const TEMPLATES_MS = 3_000;

/** The platform's template library, newest first; empty if WeChat does not answer soon. */
export async function readTemplates({ templates }: Pick<GatewayCalls, 'templates'>): Promise<Template[]> {
  const { value } = await answerOf(templates.listTemplates({}, TEMPLATES_MS));
  return newestFirst(value?.templates ?? []);
}

/** Later templates have higher ids. */
export function newestFirst(templates: readonly Template[]): Template[] {
  return templates.toSorted((one, other) => Number(other.templateId - one.templateId));
}
