import type { Visit } from '../../visit/visit.js';

export function pathOf(appid: string): string {
  return `/miniprograms/${encodeURIComponent(appid)}`;
}

/** The page of an action on a mini-program, with what its form shall contain. */
export function actionPath(
  appid: string,
  action: string,
  input: Readonly<Record<string, string>> = {},
): string {
  return `${pathOf(appid)}/${action}?${new URLSearchParams(input)}`;
}

/** The pages above those of one mini-program. */
export function aboveOf({ t }: Visit, appid: string) {
  return [
    { href: '/miniprograms', title: t('miniPrograms') },
    { href: pathOf(appid), title: appid },
  ];
}
