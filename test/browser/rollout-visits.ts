import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';

/** Waits until the heading of a page has this state beside it. */
export const showsState = (page: Page, state: string, timeout = 60_000) =>
  page
    .locator('main .ant-tag')
    .filter({ hasText: new RegExp(`^${state}$`) })
    .first()
    .waitFor({ timeout });

/** Waits until the bar of a rollout counts its targets like this, as in `失败 3`. */
export const counts = (page: Page, text: string) =>
  page.getByRole('link', { name: text, exact: true }).first().waitFor();

/** Waits until a live page is connected. */
export const isLive = (page: Page) => page.locator('main').getByText('实时', { exact: true }).waitFor();

/** Waits until a page's main part, or its dialog, has a text; white space apart. */
export const says = (page: Page, text: string, where: 'main' | 'dialog' = 'main') =>
  eventually(async () => {
    const part = where === 'main' ? page.locator('main') : page.getByRole('dialog');
    expect(plain(await part.textContent())).toContain(plain(text));
  });

const plain = (text: string | null) => (text ?? '').replace(/\s+/g, '');

/** Fills the input with this label. */
export const fill = (page: Page, label: string, text: string) =>
  page
    .getByLabel(label, { exact: label.length < 4 })
    .first()
    .fill(text);

/** Opens a choice by its label, and takes the option that begins like this. */
export async function choose(page: Page, label: string | RegExp, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  await page.locator('.ant-select-item-option').filter({ hasText: option }).click();
}

/** Fills the dialog that is open, and does what it asks about. */
export async function confirm(
  page: Page,
  verb: string,
  { name, reason }: { name?: string; reason?: string } = {},
): Promise<void> {
  const dialog = page.getByRole('dialog');
  if (name !== undefined) await dialog.getByLabel('以确认').fill(name);
  if (reason !== undefined) await dialog.getByLabel('原因', { exact: true }).fill(reason);
  // Ant Design puts a space between the two characters of a short button, and leaves the icon of a short wait.
  const button = new RegExp(`^(loading )?${[...verb].join(' ?')}$`);
  await dialog.getByRole('button', { name: button }).click();
}
