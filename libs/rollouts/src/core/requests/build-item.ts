import { AuditItem, Category, type RolloutAuditRule } from '@wxa/contracts';

/** The pages of items that a mini-program does not have. An item without an address names no page. */
export function missingPages(items: readonly AuditItem[], pages: readonly string[]): string[] {
  const known = new Set(pages);
  return items
    .map(({ address }) => address)
    .filter((address) => address !== '' && !known.has(pathOf(address)));
}

/** An address may have a query. */
const pathOf = (address: string): string => address.split('?', 1)[0] ?? '';

/** The categories of items that a mini-program does not have, as texts. An item may leave out the third level. */
export function missingCategories(items: readonly AuditItem[], categories: readonly unknown[]): string[] {
  const known = categories.map((category) => Category.fromJSON(category));
  return items
    .filter((item) => !known.some((category) => isWithin(item, category)))
    .map(({ firstClass, secondClass, thirdClass }) =>
      [firstClass, secondClass, thirdClass].filter(Boolean).join(' > '),
    );
}

function isWithin(item: AuditItem, category: Category): boolean {
  const isThird = item.thirdId === 0 || item.thirdId === category.thirdId;
  return item.firstId === category.firstId && item.secondId === category.secondId && isThird;
}

/** The audit item that a rule builds; undefined if the mini-program has no page or no category for it. */
export function buildItem(
  rule: RolloutAuditRule,
  pages: readonly string[],
  categories: readonly unknown[],
): AuditItem | undefined {
  const known = categories.map((category) => Category.fromJSON(category));
  const preferred = known.find(({ secondId }) => secondId === rule.preferSecondId && secondId !== 0);
  const category = preferred ?? known[0];
  const address = rule.address || pages[0];
  if (category === undefined || address === undefined) return undefined;
  return AuditItem.create({ ...category, address, title: rule.title, tag: rule.tag });
}
