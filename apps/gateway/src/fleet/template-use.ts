import type { ListTemplatesResponse } from '@wxa/contracts';
import type { Fleet } from '@wxa/fleet';

/** WeChat's templates, with where each is used. */
export async function withUse(
  fleet: Pick<Fleet, 'templateUse'>,
  { templates }: ListTemplatesResponse,
): Promise<ListTemplatesResponse> {
  const uses = await fleet.templateUse(templates.map(({ templateId }) => String(templateId)));
  const byTemplate = new Map(
    uses.map(({ template, live, rolloutIds }) => {
      return [template, { liveMiniPrograms: BigInt(live), rolloutIds }];
    }),
  );
  return {
    templates: templates.map((template) => ({
      ...template,
      use: byTemplate.get(String(template.templateId)),
    })),
  };
}
