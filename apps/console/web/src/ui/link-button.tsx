import { Button, type ButtonProps } from 'antd';
import { useHref, useLinkClickHandler } from 'react-router';

/** A link to a page that looks like a button. A button in a link would be two stops of the keyboard. */
export function LinkButton({ to, ...look }: ButtonProps & { to: string }) {
  return <Button {...look} href={useHref(to)} onClick={useLinkClickHandler(to)} />;
}
