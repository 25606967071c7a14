import { Button, type ButtonProps } from 'antd';
import { useState } from 'react';
import { Dialog, type DialogProps } from './dialog.js';

interface Props
  extends Omit<DialogProps, 'title' | 'onClose'>,
    Pick<ButtonProps, 'size' | 'type' | 'danger' | 'icon'> {
  /** With an icon it is left out on a phone. */
  label: string;
  /** Of the dialog; by default the label. */
  title?: string;
}

/** A button that opens the dialog of a change. */
export function DialogButton({ label, size, type, danger, icon, ...dialog }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        {...{ size, type, danger, icon }}
        // Without an icon its text is its name; Ant Design puts a space between two characters.
        {...(icon && { 'aria-label': label })}
        onClick={() => setOpen(true)}
      >
        <span className={icon ? 'wide-only' : ''}>{label}</span>
      </Button>
      {isOpen && <Dialog title={label} verb={label} {...dialog} onClose={() => setOpen(false)} />}
    </>
  );
}
