import React from 'react';
import jsxRuntime from 'react/jsx-runtime';

/**
 * Format characters (Unicode Cf) are shown by their numbers, wherever an element of the page has text: U+202E in a rollout's name or a reason
 * would turn the text of a confirmation around. Values of fields keep them, or else a form that is sent again would change its input.
 */
export function visible(text: string): string {
  return text.replace(
    /\p{Cf}/gu,
    (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** Lists of children may be nested. */
function readable(child: unknown): unknown {
  if (Array.isArray(child)) return child.some((one) => one !== readable(one)) ? child.map(readable) : child;
  return typeof child === 'string' ? visible(child) : child;
}

type Create = (type: unknown, props: { children?: unknown } | null, ...others: unknown[]) => unknown;

/** React has no hook for it, so its functions that make elements are replaced; all code, that of Ant Design too, calls these. */
function replace(holder: object, name: string, areChildrenArguments: boolean): void {
  const create: Create = Reflect.get(holder, name);
  const replaced: Create = (type, props, ...others) => {
    if (typeof type !== 'string' && type !== React.Fragment) return create(type, props, ...others);
    if (areChildrenArguments && others.length > 0) return create(type, props, ...others.map(readable));
    const children = readable(props?.children);
    return create(type, children === props?.children ? props : { ...props, children }, ...others);
  };
  Reflect.set(holder, name, replaced);
}

replace(React, 'createElement', true);
replace(jsxRuntime, 'jsx', false);
replace(jsxRuntime, 'jsxs', false);
