import { nonce } from '../../api/facts.js';

/**
 * Gives the page's nonce to every style element that a script makes. ConfigProvider does so for the styles of components; drawers and modals of
 * Ant Design add some without asking it, as that which keeps the page behind them from scrolling.
 */
const create = document.createElement;
document.createElement = function createElement(
  this: Document,
  name: string,
  options?: ElementCreationOptions,
) {
  const element = create.call(this, name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
} as typeof document.createElement;
