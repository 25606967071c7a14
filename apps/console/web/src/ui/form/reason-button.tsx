import { Button, type ButtonProps } from 'antd';
import { type ReactNode, useState } from 'react';
import { type CommandOptions, useCommand } from '../../api/query.js';
import type { MethodName, Request } from '../../api/types.js';
import { ReasonModal, type ReasonModalProps } from './reason-modal.js';

interface Props<M extends MethodName>
  extends Pick<CommandOptions<M>, 'invalidates' | 'success' | 'onSuccess'>,
    Pick<ButtonProps, 'size' | 'type' | 'danger' | 'icon' | 'disabled'>,
    Pick<ReasonModalProps, 'isDangerous' | 'isReasonRequired' | 'initial'> {
  /** With an icon it is left out on a phone. */
  label: string;
  /** Of the dialog; by default the label. */
  title?: string;
  /** On the button of the dialog; by default the label. */
  verb?: string;
  method: M;
  /** @param values of further form items among the children. */
  requestOf(reason: string, values: object): Request<M>;
  /** What will happen. */
  children: ReactNode;
}

/** A button for an RPC that is confirmed with a reason. The dialog stays open until it has succeeded. */
export function ReasonButton<M extends MethodName>(props: Props<M>) {
  const { label, title = label, verb = label, method, requestOf, onSuccess, children } = props;
  const { size, type, danger, icon, disabled, isDangerous, isReasonRequired, initial } = props;
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  const command = useCommand(method, {
    ...props,
    onSuccess: (response) => {
      close();
      onSuccess?.(response);
    },
  });
  return (
    <>
      <Button
        {...{ size, type, danger, icon, disabled }}
        // Without an icon its text is its name; Ant Design puts a space between two characters.
        {...(icon && { 'aria-label': label })}
        onClick={() => setOpen(true)}
      >
        <span className={icon ? 'wide-only' : ''}>{label}</span>
      </Button>
      <ReasonModal
        {...{ isOpen, title, verb, isDangerous, isReasonRequired, initial }}
        isPending={command.isPending}
        onConfirm={(reason, values) => command.mutate(requestOf(reason, values))}
        onCancel={close}
      >
        {children}
      </ReasonModal>
    </>
  );
}
