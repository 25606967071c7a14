import { Fragment, options, type VNode } from 'preact';

/**
 * Format characters (Unicode Cf) are shown by their numbers: U+202E in a rollout's name or a reason would turn the text of a
 * confirmation around. Fields of forms keep them, or else a form that is sent again would change its input.
 */
export function visible(text: string): string {
  return text.replace(
    /\p{Cf}/gu,
    (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** Whether the children of a node are text that is read, not the value of a field. */
function isRead(type: VNode['type']): boolean {
  return type === Fragment || (typeof type === 'string' && type !== 'textarea');
}

/** Lists of children may be nested. */
function readable(child: unknown): unknown {
  if (Array.isArray(child)) return child.map(readable);
  return typeof child === 'string' ? visible(child) : child;
}

const before = options.vnode;
options.vnode = (vnode) => {
  const props = vnode.props as { children?: unknown };
  if (isRead(vnode.type) && props.children !== undefined) props.children = readable(props.children);
  before?.(vnode);
};
