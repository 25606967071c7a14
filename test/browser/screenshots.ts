import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { open, shownFully } from './open.js';
import { type Pictured, pictureData } from './picture-data.js';
import type { Language } from './tabs.js';
import { textIn } from './texts.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';

const FOLDER = join(import.meta.dirname, '../../docs/images');
const BYTES = 200_000;

/** The pages of docs/console.md, by the names of their pictures. */
const pages = ({ rollout, miniProgram }: Pictured): Record<string, string> => ({
  overview: '/',
  rollout: `/rollouts/${rollout}`,
  versions: '/versions',
  'mini-programs': '/mini-programs',
  'mini-program': `/mini-programs/${miniProgram}`,
  audits: '/audits?state=REJECTED',
  doubts: '/doubts',
  operations: '/operations',
  templates: '/templates',
  platform: '/platform',
  adoption: '/adoption',
});

useTabs({ env: { ...COMPONENT, CONSOLE_ENVIRONMENT: 'staging' } });

it(`The pictures of docs/console.md are made, each of at most ${BYTES / 1_000} KB`, async () => {
  const data = await pictureData(world);
  await mkdir(FOLDER, { recursive: true });
  const large: string[] = [];
  for (const language of ['en', 'zh'] as const) {
    const page = await tabs.open({ language });
    for (const [name, path] of Object.entries(pages(data))) {
      await open(page, path);
      if (name === 'doubts') await askAll(page, language);
      const file = `${name}${language === 'zh' ? '.zh-CN' : ''}.png`;
      const picture = await page.screenshot({ path: join(FOLDER, file) });
      if (picture.length > BYTES) large.push(`${file}: ${picture.length}`);
    }
  }
  expect(large).toEqual([]);
}, 600_000);

/** Lets WeChat be asked about all doubts, and waits for the answers. */
async function askAll(page: Page, language: Language): Promise<void> {
  await page.getByRole('button', { name: await textIn(language, 'doubts.askAll') }).click();
  const unasked = page.getByText(await textIn(language, 'doubts.notAsked'));
  await unasked.first().waitFor({ state: 'detached' });
  await shownFully(page);
}
